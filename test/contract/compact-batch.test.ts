import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import { checkByte } from '#contract/check-byte.ts'
import {
  COMPACT_V1,
  COMPACT_V2,
  COMPACT_V3,
  COMPACT_V4,
  encodeCompactBatch,
  MAX_COMPACT_BYTES,
  parseCompactBatch,
} from '#contract/compact-batch.ts'
import { Frame, roundFrame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { type GatewayRecord, parseRecord } from '#contract/record.ts'
import { anyFrame, anyRecord } from '../support/any-record.ts'
import { seededRandom } from '../support/seeded-random.ts'

const stream = StreamId.parse('00112233-4455-6677-8899-aabbccddeeff')
const seq = (value: number): Seq => Seq.parse(value)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const frameA: Frame = {
  kind: 'frame',
  readAt: epochMs(1_795_289_123_456),
  timeQuality: 'gnss',
  lat: 55.751244,
  lon: 37.618423,
  fix: '3d',
  speedKmh: 43.2,
  headingDeg: 271,
  ignition: true,
  gnssTrust: 'ok',
  relay: 'closed',
}
const frameB: Frame = {
  ...frameA,
  readAt: epochMs(frameA.readAt + 10_000),
  lat: 55.7513,
  lon: 37.6178,
  speedKmh: 41,
  headingDeg: 268,
}
const frameC: Frame = { ...frameB, readAt: epochMs(frameB.readAt + 10_000) }

const CHECK = `b1 00112233445566778899aabbccddeeff ac02 03
  3c 80aa90f9bf68 98c99535 ee8bf023 e006 b101 c8c403  1c a09c01 70 dd09 2b 05  00`

const recordsOf = (parsed: ReturnType<typeof parseBatch>): GatewayRecord[] => {
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.items.map((item) => {
    if (!('record' in item)) throw new Error(item.refused)
    return item.record
  })
}

test('the published check value encodes to its bytes', () => {
  expect(hex(encodeCompactBatch(stream, seq(300), [frameA, frameB, frameC], 1))).toBe(hex(bytes(CHECK)))
})

/** D goes on as B did after A, and one second later than it should: head, step + 1 s, two differences of nothing. */
const frameD: Frame = { ...frameB, readAt: epochMs(frameB.readAt + 11_000), lat: 55.751362, lon: 37.617115 }
const CHECK2 = `b2 00112233445566778899aabbccddeeff ac02 03
  3c 81d4a0f2ffd001 98c99535 ee8bf023 e006 b101 c8c403  1c 28 70 dd09 2b 05  0c 04 00 00`

test('version 2 tells whole seconds in one byte, and of a car that goes on as it went nothing but that', () => {
  const encoded = encodeCompactBatch(stream, seq(300), [frameA, frameB, frameD], 2)
  expect(hex(encoded)).toBe(hex(bytes(CHECK2)))
  expect(recordsOf(parseBatch(encoded))).toEqual([frameA, frameB, frameD])
})

const CHECK3 = `b3 00112233445566778899aabbccddeeff ac02 03
  d3b558105c6a24675d65da8fa7aca69aceb7c75537bca42f88d06342 b1`

test('version 3 has its check value too', () => {
  const encoded = encodeCompactBatch(stream, seq(300), [frameA, frameB, frameD])
  expect(hex(encoded)).toBe(hex(bytes(CHECK3)))
  expect(recordsOf(parseBatch(encoded))).toEqual([frameA, frameB, frameD])
})

const said = { orderId: '6f0c2b1e-9d4a-4c1e-8f3b-2a7d5e9c1b40', orderSeq: 12, at: epochMs(1_795_289_123_456) }
const seen = {
  speedKmh: 0,
  fixAgeMs: 431,
  slowForMs: 93_871,
  ignition: false,
  motion: false,
  drive: 'free',
  software: '1.0',
}
const received = { kind: 'report', ...said, state: 'received', relay: 'closed', evidence: seen } as const
/** A minute of a parked car, its ages a little uneven, and a signature with its certificate, which repeats nothing. */
const told = {
  ...received,
  state: 'verified',
  relay: 'open',
  lastMinute: Array.from({ length: 61 }, (_, second) => ({
    ageMs: 60_000 - second * 1000 + ((second * 7) % 13),
    speedKmh: 0,
    ignition: false,
    motion: false,
    fromFirstM: ((second * 11) % 30) / 10,
  })),
  proof: `${noise(782)}..${noise(86)}`,
} as const
function noise(length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const random = seededRandom(length)
  return Array.from({ length }, () => letters[Math.floor(64 * random())]).join('')
}

test('version 4 tells the three reports of an order in one TCP segment, signature and all', () => {
  const reports: GatewayRecord[] = [received, { ...received, state: 'executing' }, told].map((one) => {
    const parsed = parseRecord(one)
    if ('refused' in parsed) throw new Error(parsed.refused)
    return parsed.record
  })
  const encoded = encodeCompactBatch(stream, seq(300), reports, 4)
  // 1,448 bytes less the head of an MQTT message and of a TLS record.
  expect(encoded.length).toBeLessThan(1300)
  expect(encodeCompactBatch(stream, seq(300), reports, 3).length).toBeGreaterThan(4 * 1448)
  expect(recordsOf(parseBatch(encoded))).toEqual(reports)
})

const parsedBoot: GatewayRecord = { kind: 'event', name: 'boot', at: epochMs(1_795_289_123_456), data: {} }
const CHECK4 = `b4 00112233445566778899aabbccddeeff ac02 02
  d3b558105c6a24675d65da8fa7aca69aceb2d12021243aeb45dd768f9a53b04f84b63d1335d9176c fa`

test('version 4 has its check value too', () => {
  const encoded = encodeCompactBatch(stream, seq(300), [frameA, parsedBoot], 4)
  expect(hex(encoded)).toBe(hex(bytes(CHECK4)))
})

test('a few bytes of version 4 do not become more text than a batch may hold', () => {
  const long = (length: number): GatewayRecord => ({
    kind: 'event',
    name: 'boot',
    at: epochMs(1),
    data: { text: 'a'.repeat(length) },
  })
  const fits = encodeCompactBatch(stream, seq(300), [long(30_000), long(30_000)], 4)
  expect(fits.length).toBeLessThan(1000)
  expect(recordsOf(parseBatch(fits))).toHaveLength(2)
  const tooMuch = encodeCompactBatch(stream, seq(300), [long(40_000), long(40_000)], 4)
  expect(parseBatch(tooMuch)).toMatchObject({ ok: false, header: { firstSeq: 300, count: 2 } })
})

test('frames of whatever numbers take no more bytes in version 3 than a gateway reckons with', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 100, maxLength: 300 }), (frames) => {
      const encoded = encodeCompactBatch(stream, seq(1), frames.map(roundFrame))
      expect(encoded.length).toBeLessThan(60 * frames.length)
    }),
    { numRuns: 30 },
  )
})

test('the published check value decodes to its frames, numbered from firstSeq', () => {
  const parsed = parseBatch(bytes(CHECK))
  expect(recordsOf(parsed)).toEqual([frameA, frameB, frameC])
  expect(parsed.ok && parsed.items.map((item) => item.seq)).toEqual([300, 301, 302])
})

test('any batch of rounded records survives the round trip unchanged', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
      (all, first, layout) => {
        const records = all.map((record) => (record.kind === 'frame' ? roundFrame(record) : record))
        expect(recordsOf(parseBatch(encodeCompactBatch(stream, seq(first), records, layout)))).toEqual(records)
      },
    ),
    { numRuns: 400 },
  )
})

test('a decoded frame always satisfies the frame schema', () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const [decoded] = recordsOf(parseBatch(encodeCompactBatch(stream, seq(1), [roundFrame(frame)])))
      expect(Frame.safeParse(decoded).success).toBe(true)
    }),
  )
})

test('no bytes at all make the decoder throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(COMPACT_V1, COMPACT_V2, COMPACT_V3, COMPACT_V4),
      fc.uint8Array({ maxLength: 300 }),
      (version, noise) => {
        const parsed = parseCompactBatch(Uint8Array.from([version, ...noise]))
        expect(typeof parsed.ok).toBe('boolean')
      },
    ),
    { numRuns: 2000 },
  )
})

const checked = (rest: Iterable<number>): Uint8Array => {
  const all = Uint8Array.from(rest)
  return Uint8Array.from([...all, checkByte(all)])
}

test.each([3, 4] as const)(
  'no bytes behind the header of version %i make its decoder throw, or give a frame that the schema refuses',
  (layout) => {
    const head = encodeCompactBatch(stream, seq(300), [frameA], layout).subarray(0, 19)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 127 }), fc.uint8Array({ maxLength: 200 }), (count, noise) => {
        const parsed = parseCompactBatch(checked([...head, count, ...noise]))
        if (!parsed.ok) return
        for (const item of parsed.items) if ('record' in item && item.record.kind === 'frame') Frame.parse(item.record)
      }),
      { numRuns: 2000 },
    )
  },
)

test.each([1, 2, 3, 4] as const)(
  'a batch of version %i with any one byte changed is refused or still decodes to schema-valid records',
  (layout) => {
    const valid = encodeCompactBatch(stream, seq(300), [frameA, frameB, frameC], layout)
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Uint8Array.from(valid)
        changed[at] = value
        const parsed = parseCompactBatch(changed)
        if (!parsed.ok) return
        for (const item of parsed.items) if ('record' in item && item.record.kind === 'frame') Frame.parse(item.record)
      }),
      { numRuns: 1000 },
    )
  },
)

const head = 'b1 00112233445566778899aabbccddeeff'
const timed = '80aa90f9bf68'

describe('strictness', () => {
  test.each([
    {
      name: 'a bad stream id',
      input: `b1 ffffffffffffff11ffffffffffffffff 01 01 04${timed}`,
      reason: 'stream: not a uuid',
    },
    { name: 'firstSeq 0', input: `${head} 00 01 04${timed}`, reason: 'firstSeq out of range' },
    { name: 'count 0', input: `${head} 01 00`, reason: 'count must be 1 to 1000' },
    { name: 'count 1001', input: `${head} 01 e907`, reason: 'count must be 1 to 1000' },
    { name: 'an over-long number', input: `${head} ffffffffffffffffff7f 01`, reason: 'a number exceeds 2^53 - 1' },
    { name: 'a short header', input: 'b1 0011', reason: 'the batch ends early' },
    { name: 'a short body', input: `${head} 01 01 04`, reason: 'the batch ends early' },
    {
      name: 'bytes behind the last record',
      input: `${head} 01 01 04${timed} 00`,
      reason: 'bytes follow the last record',
    },
    { name: 'the reserved head bit', input: `${head} 01 01 84${timed}`, reason: 'head: reserved bit' },
    { name: 'the invalid kind', input: `${head} 01 01 03`, reason: 'head: unknown kind' },
    { name: 'a report with frame parts', input: `${head} 01 01 05`, reason: 'head: unknown kind' },
    { name: 'a first frame without time', input: `${head} 01 01 00`, reason: 'the first frame has no time' },
    { name: 'fix 3', input: `${head} 01 01 24${timed} 0c`, reason: 'fix: reserved value' },
    { name: 'trust 3', input: `${head} 01 01 24${timed} 30`, reason: 'gnssTrust: reserved value' },
    { name: 'relay 3', input: `${head} 01 01 24${timed} c001`, reason: 'relay: reserved value' },
    { name: 'ignition 3', input: `${head} 01 01 24${timed} 8006`, reason: 'ignition: reserved value' },
    { name: 'motion 3', input: `${head} 01 01 24${timed} 8018`, reason: 'motion: reserved value' },
    { name: 'a state bit too many', input: `${head} 01 01 24${timed} 808004`, reason: 'state: reserved value' },
    { name: 'a slow bit too many', input: `${head} 01 01 44${timed} 8020`, reason: 'slow: reserved value' },
    {
      name: 'a slow field both set and absent',
      input: `${head} 01 01 44${timed} 4102`,
      reason: 'slow: reserved value',
    },
    { name: 'a turn of 180', input: `${head} 01 01 14${timed} 00 e802`, reason: 'heading out of range' },
    { name: 'latitude 91', input: `${head} 01 01 2c${timed} 80b3e456 00 8040`, reason: 'lat out of range' },
    { name: 'speed 501', input: `${head} 01 01 34${timed} a44e 00 808001`, reason: 'speedKmh out of range' },
    { name: 'satellites 256', input: `${head} 01 01 44${timed} 02 8004`, reason: 'satellites out of range' },
    {
      name: 'a time beyond 2^53',
      input: `${head} 01 03 04 feffffffffffff0f 04 feffffffffffff0f 00`,
      reason: 'readAt out of range',
    },
  ])('refuses $name', ({ input, reason }) => {
    expect(parseBatch(bytes(input))).toMatchObject({ ok: false, reason })
  })

  const packed = encodeCompactBatch(stream, seq(300), [frameA, frameB])
  test.each([
    { name: 'a byte less', input: packed.subarray(0, -1), reason: 'the check byte differs' },
    { name: 'a byte changed', input: packed.with(30, 7), reason: 'the check byte differs' },
    { name: 'a byte more', input: checked([...packed.subarray(0, -1), 1]), reason: 'bytes follow the last record' },
    { name: 'half of it', input: checked(packed.subarray(0, 30)), reason: 'the batch ends early' },
    {
      name: 'another ending',
      input: checked(packed.subarray(0, -1).with(-1, 0xff)),
      reason: 'the batch does not end as it was made',
    },
    { name: 'nothing', input: packed.subarray(0, 20), reason: 'the batch ends early' },
  ])('version 3 refuses $name behind its header', ({ input, reason }) => {
    expect(parseBatch(input)).toEqual({ ok: false, reason, header: { stream, firstSeq: 300, count: 2 } })
  })

  test('an undecodable body still names its range, so that it can be receipted', () => {
    expect(parseBatch(bytes(`${head} ac02 03 3c`))).toEqual({
      ok: false,
      reason: 'the batch ends early',
      header: { stream, firstSeq: 300, count: 3 },
    })
  })

  test('a report or event with bad JSON is refused alone', () => {
    const broken = [0x01, 3, ...Buffer.from('{"k')]
    const wrongKind = Buffer.from('{"kind":"event","name":"boot","at":1,"data":{}}')
    const body = [
      0x04,
      ...bytes(timed),
      ...broken,
      0x01,
      wrongKind.length,
      ...wrongKind,
      0x02,
      wrongKind.length,
      ...wrongKind,
    ]
    const invalid = Buffer.from('{"kind":"event","name":"BOOT","at":1,"data":{}}')
    const parsed = parseBatch(Uint8Array.from([...bytes(head), 1, 5, ...body, 0x02, invalid.length, ...invalid]))
    expect(parsed.ok && parsed.items.map((item) => ('refused' in item ? item.refused : item.record.kind))).toEqual([
      'frame',
      'not JSON',
      'kind: expected report',
      'event',
      'name: an event name is kebab-case, 2 to 48 characters',
    ])
  })

  test('an over-long payload is refused', () => {
    const long = new Uint8Array(MAX_COMPACT_BYTES + 1)
    long[0] = COMPACT_V1
    expect(parseBatch(long)).toEqual({ ok: false, reason: `longer than ${MAX_COMPACT_BYTES} bytes` })
  })

  test('an unknown first byte is refused by a direct reader too', () => {
    expect(parseCompactBatch(Uint8Array.of(0xb5))).toEqual({ ok: false, reason: 'unknown first byte' })
  })

  test('a caller that hands over no bytes at all hears of it as a bug', () => {
    // @ts-expect-error bytes are required
    expect(() => parseCompactBatch(null)).toThrow(TypeError)
  })
})
