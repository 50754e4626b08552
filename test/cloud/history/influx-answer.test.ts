import fc from 'fast-check'
import { expect, test } from 'vitest'
import { epochMs, Instant } from '#contract/instant.ts'
import { PAST_FIELDS, readExport, readQueryAnswer } from '../../../cloud/history/influx-answer.ts'
import { createIsoTimes } from '../../../cloud/history/iso-times.ts'
import { readMessagePack } from '../../../cloud/history/message-pack.ts'
import { T0 } from './history-support.ts'

type Cell = number | boolean | null

/** As InfluxDB writes it: doubles, whole numbers of eight bytes, the shortest form of everything else. */
function packed(value: unknown): Buffer {
  if (value === null) return Buffer.from([0xc0])
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2])
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([0xd9, Buffer.byteLength(value)]), Buffer.from(value)])
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9)
    bytes[0] = Number.isSafeInteger(value) ? 0xd3 : 0xcb
    if (Number.isSafeInteger(value)) bytes.writeBigInt64BE(BigInt(value), 1)
    else bytes.writeDoubleBE(value, 1)
    return value >= 0 && value < 128 && Number.isSafeInteger(value) ? Buffer.from([value]) : bytes
  }
  if (Array.isArray(value)) {
    const head = Buffer.alloc(5)
    head[0] = 0xdd
    head.writeUInt32BE(value.length, 1)
    return Buffer.concat([head, ...value.map(packed)])
  }
  const entries = Object.entries(value as object)
  return Buffer.concat([
    Buffer.from([0x80 + entries.length]),
    ...entries.flatMap(([key, one]) => [packed(key), packed(one)]),
  ])
}

const answerOf = (rows: readonly (readonly Cell[])[]) => ({
  results: [{ series: [{ tags: { gateway: 'gw-history01' }, columns: ['time', ...PAST_FIELDS], values: rows }] }],
})
const cell = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
  fc.nat(200),
)
const rows = fc.array(
  fc.tuple(
    fc.integer({ min: -1_000_000, max: 2_000_000_000_000_000 }),
    fc.array(cell, { minLength: 10, maxLength: 10 }),
  ),
  { maxLength: 20 },
)

test('rows in MessagePack say the same as in JSON, to the last digit', () => {
  fc.assert(
    fc.property(rows, (made) => {
      const answer = answerOf(made.map(([time, cells]) => [time, ...cells]))
      expect(readQueryAnswer(readMessagePack(packed(answer)))).toEqual(readQueryAnswer(answer))
    }),
  )
})

test('an answer that is cut short, or lies about its length, is refused', () => {
  const whole = packed(answerOf([[T0 * 1000, 55.75, 37.62, 2.5, 43.2, 271, true, false, 88_123.45, 2, 0]]))
  for (let length = 1; length < whole.length; length += 1)
    expect(() => readMessagePack(whole.subarray(0, length))).toThrow()
  const many = packed({ values: [] })
  many.writeUInt32BE(0xffff_ffff, many.length - 4)
  expect(() => readMessagePack(Buffer.concat([many, packed([1, 2, 3])]))).toThrow(/cut short/)
})

test('metrics of an export that tell different times are put together by time', () => {
  const line = (field: string, values: Cell[], timestamps: number[]) =>
    JSON.stringify({ metric: { __name__: `frame_${field}`, gateway: 'gw-history01' }, values, timestamps })
  const text = [
    line('lat', [1, 2, 3], [T0, T0 + 1, T0 + 2]),
    line('lon', [4, 5, 6], [T0, T0 + 1, T0 + 2]),
    line('speedKmh', [7], [T0 + 1]),
    line('fix', [2, null, 1], [T0, T0 + 1, T0 + 2]),
    '',
  ].join('\n')
  expect(
    readExport(text, 'frame').map(({ readAt, position, speedKmh, fix }) => [readAt - T0, position?.lon, speedKmh, fix]),
  ).toEqual([
    [0, 4, null, '3d'],
    [1, 5, 7, 'none'],
    [2, 6, null, '2d'],
  ])
})

test('moments are written as everywhere else', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -10_000_000_000_000, max: 10_000_000_000_000 })), (moments) => {
      const iso = createIsoTimes()
      for (const at of moments) expect(iso(epochMs(at))).toBe(Instant.encode(epochMs(at)))
    }),
  )
})
