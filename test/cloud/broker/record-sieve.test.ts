import fc from 'fast-check'
import { generate, type Packet, parser } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { createRecordSieve } from '../../../cloud/broker/record-sieve.ts'

const TOPIC = 'kordon/v1/gw-sieve001/up/records'
const publish = (topic: string, messageId: number, payload: Buffer, qos: 0 | 1 | 2, retain = false): Buffer =>
  generate({ cmd: 'publish', topic, messageId, payload, qos, retain, dup: false })

const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const id = fc.integer({ min: 1, max: 65_535 })
const records = fc.record({ messageId: id, payload }).map((said) => ({
  bytes: publish(TOPIC, said.messageId, said.payload, 1),
  taken: said,
}))
const other = fc
  .oneof(
    fc.tuple(id, payload).map(([messageId, said]) => publish(`${TOPIC}x`, messageId, said, 1)),
    fc.tuple(id, payload).map(([messageId, said]) => publish(TOPIC, messageId, said, 2)),
    payload.map((said) => publish(TOPIC, 1, said, 0)),
    fc.tuple(id, payload).map(([messageId, said]) => publish(TOPIC, messageId, said, 1, true)),
    fc.constant(generate({ cmd: 'pingreq' } satisfies Packet)),
    id.map((messageId) => generate({ cmd: 'puback', messageId })),
  )
  .map((bytes) => ({ bytes, taken: undefined }))

/** What a sieve makes of these bytes, cut into chunks of the given lengths, over and over. */
function sifted(bytes: Buffer, cuts: readonly number[], sieve = createRecordSieve()) {
  sieve.know(Buffer.from(TOPIC))
  const taken: { messageId: number; payload: Buffer }[] = []
  const passed: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (cuts[turn % cuts.length] ?? 1)
    const rest = sieve.sift(bytes.subarray(at, end), (one) => {
      taken.push({ messageId: one.messageId, payload: Buffer.from(one.payload) })
      return 'taken'
    })
    if (rest !== null) passed.push(rest)
    at = end
  }
  return { taken, passed: Buffer.concat(passed) }
}

describe('record sieve', () => {
  test('takes out the records, and nothing else, however the bytes are cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(fc.oneof(records, other), { maxLength: 20 }), cuts, (packets, lengths) => {
        const found = sifted(Buffer.concat(packets.map(({ bytes }) => bytes)), lengths)
        expect(found.taken).toEqual(packets.flatMap(({ taken }) => (taken === undefined ? [] : [taken])))
        expect(found.passed).toEqual(
          Buffer.concat(packets.flatMap(({ bytes, taken }) => (taken === undefined ? [bytes] : []))),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('whichever messages are left to the broker, and however the bytes are cut, none overtakes another', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 })
    const sent = fc.array(fc.record({ left: fc.boolean(), size: fc.integer({ min: 0, max: 300 }) }), { maxLength: 20 })
    fc.assert(
      fc.property(sent, cuts, fc.integer({ min: 0, max: 20 }), (messages, lengths, unknownUntil) => {
        const sieve = createRecordSieve()
        const heard: number[] = []
        // The broker reads what it is given as soon as it has it, and no sooner.
        const broker = parser()
        broker.on('packet', ({ messageId }) => heard.push(messageId ?? 0))
        const bytes = Buffer.concat(messages.map(({ size }, at) => publish(TOPIC, at + 1, Buffer.alloc(size), 1)))
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          if (turn === unknownUntil) sieve.know(Buffer.from(TOPIC))
          const end = at + (lengths[turn % lengths.length] ?? 1)
          const rest = sieve.sift(bytes.subarray(at, end), ({ messageId }) => {
            if (messages[messageId - 1]?.left === true) return 'left'
            heard.push(messageId)
            return 'taken'
          })
          if (rest !== null) broker.parse(rest)
          at = end
        }
        expect(heard).toEqual(messages.map((_, at) => at + 1))
      }),
      { numRuns: 300 },
    )
  })

  test('whatever is sent, nothing is lost between what is taken and what is passed on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 60 }), (noise, cut) => {
        const bytes = Buffer.concat([publish(TOPIC, 7, Buffer.from('{}'), 1), noise])
        const { taken, passed } = sifted(bytes, [cut])
        const gone = taken.reduce((sum, one) => sum + publish(TOPIC, one.messageId, one.payload, 1).length, 0)
        expect(taken[0]?.messageId).toBe(7)
        // What is held is the beginning of a packet that has not ended.
        expect(gone + passed.length).toBeLessThanOrEqual(bytes.length)
        expect(bytes.includes(passed.subarray(0, 1)) || passed.length === 0).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('before the sender is known, and when the taker leaves one, it is the broker that gets it', () => {
    const bytes = publish(TOPIC, 9, Buffer.from('{"v":1}'), 1)
    const sieve = createRecordSieve()
    expect(sieve.sift(bytes, () => 'taken')).toEqual(bytes)
    sieve.know(Buffer.from(TOPIC))
    expect(sieve.sift(bytes, () => 'left')).toEqual(bytes)
    expect(sieve.sift(bytes, () => 'taken')).toBeNull()
  })

  test('a message without a number is the broker’s, who refuses it', () => {
    const bytes = publish(TOPIC, 1, Buffer.from('{}'), 1)
    bytes.writeUInt16BE(0, 4 + TOPIC.length)
    const { taken, passed } = sifted(bytes, [bytes.length])
    expect(taken).toEqual([])
    expect(passed).toEqual(bytes)
  })
})
