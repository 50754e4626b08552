import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import mqtt, { type Packet } from 'mqtt-packet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downFilter, upTopic } from '#contract/topics.ts'
import { dial, GATEWAY, hangUp, NEIGHBOUR, startEmbedded } from './broker-support.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '#',
  '+',
  '',
  '/',
  '$SYS/x',
  'a\0b',
  'x'.repeat(65_000),
  GATEWAY,
]
const names = fc.oneof(
  fc.constantFrom(...NAMES, upTopic(GATEWAY, 'records'), downFilter(GATEWAY)),
  fc.string({ maxLength: 40 }),
)
const payloads = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)
const id = fc.integer({ min: 1, max: 65_535 })

const credentials = fc.record({ clientId: names, username: names, password: payloads })
const will = fc.record({ will: fc.record({ topic: names, payload: payloads, qos, retain: fc.boolean() }) })
const hello = fc.tuple(credentials, fc.oneof(will, fc.constant({}))).map(
  ([said, last]): Packet => ({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 1 },
    ...said,
    ...last,
  }),
)
const packet: fc.Arbitrary<Packet> = fc.oneof(
  hello,
  fc
    .record({ topic: names, payload: payloads, qos, messageId: id, retain: fc.boolean(), dup: fc.constant(false) })
    .map((said): Packet => ({ cmd: 'publish', ...said })),
  fc
    .record({ messageId: id, topic: names, qos })
    .map(({ messageId, ...subscription }): Packet => ({ cmd: 'subscribe', messageId, subscriptions: [subscription] })),
  fc
    .record({ messageId: id, topic: names })
    .map(({ messageId, topic }): Packet => ({ cmd: 'unsubscribe', messageId, unsubscriptions: [topic] })),
  fc.record({ cmd: fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), messageId: id }) as fc.Arbitrary<Packet>,
  fc.constantFrom<Packet>({ cmd: 'pingreq' }, { cmd: 'disconnect' }),
)

/** The packet as bytes, whether or not it is one that MQTT allows; undefined where even the writer refuses. */
const bytesOf = (of: Packet): Buffer | undefined => {
  try {
    return mqtt.generate(of)
  } catch {
    return undefined
  }
}
const mutation = fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { nil: undefined })
const talk = fc.array(fc.tuple(packet, mutation), { minLength: 1, maxLength: 8 })

const knownHello = mqtt.generate({
  ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 },
  ...{ clientId: NEIGHBOUR, username: NEIGHBOUR, password: Buffer.from('right') },
})

type Started = Awaited<ReturnType<typeof startEmbedded>>
let target: Started
beforeAll(async () => {
  target = await startEmbedded()
})
afterAll(async () => {
  await hangUp()
  await target.broker.close()
})

async function say(port: number, known: boolean, words: readonly Buffer[]): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', () => {})
  await once(socket, 'connect')
  if (known) socket.write(knownHello)
  for (const word of words) socket.write(word)
  socket.end()
  // Not by `once`, which takes a reset for an error of the test.
  if (!socket.closed) await new Promise<void>((done) => socket.once('close', () => done()))
}

test('nonsense, strange names and broken packets, before and after sign-in: the broker serves on', async () => {
  const port = target.broker.ports().plain ?? 0
  const client = await dial(target.url, GATEWAY)
  let said = 0
  await fc.assert(
    fc.asyncProperty(fc.boolean(), talk, async (known, packets) => {
      const words = packets.flatMap(([one, change]) => {
        const bytes = bytesOf(one)
        if (bytes === undefined) return []
        if (change !== undefined) bytes[change[0] % bytes.length] = change[1]
        return [bytes]
      })
      said += words.length
      await say(port, known, words)
    }),
    { numRuns: 1500 },
  )
  expect(said).toBeGreaterThan(3000)
  await client.publishAsync(upTopic(GATEWAY, 'records'), 'still here', { qos: 1 })
  expect(target.accepted.at(-1)).toEqual({ gateway: GATEWAY, text: 'still here' })
  const own = new Set([GATEWAY, NEIGHBOUR].map(String))
  expect(target.accepted.every(({ gateway }) => own.has(gateway))).toBe(true)
  expect(target.log.lines.filter(({ event }) => event === 'broker.failed')).toEqual([])
}, 60_000)
