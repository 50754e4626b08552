import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frame } from '#contract/frame.ts'
import { isPlainEnvelope, isPlainFrame } from '#contract/plain-frame.ts'
import { BatchEnvelope, MAX_BATCH_RECORDS } from '#contract/record.ts'
import { anyFrame } from '../support/any-record.ts'

const parsed = (text: string): unknown => JSON.parse(text)

/** What bugs and attackers put where a reading belongs; also what JSON cannot say but a parser can make of it. */
const strange = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    '',
    'ok',
    '3d',
    'frame',
    0,
    -0,
    1,
    -1,
    0.5,
    90,
    90.1,
    -90.1,
    180.1,
    255,
    256,
    1e12,
  ),
  fc.constantFrom(
    2 ** 53,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    [],
    {},
    [1],
    { lat: 1 },
    'closed',
    500,
    500.1,
    360,
    360.1,
    100_000.1,
    -1000.1,
  ),
  fc.double({ noNaN: true }),
  fc.jsonValue({ maxDepth: 1 }),
)
const KEYS = [...Object.keys(Frame.shape), '__proto__', 'constructor', 'toString', 'Lat', '']

/** A frame with some fields overwritten, taken away or added, as it comes out of `JSON.parse`. */
const bentFrame = fc
  .tuple(
    anyFrame,
    fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.option(strange, { nil: undefined })), { maxLength: 3 }),
  )
  .map(([frame, bends]) => {
    const fields = new Map<string, unknown>(Object.entries(frame))
    for (const [key, value] of bends) {
      if (value === undefined) fields.delete(key)
      else fields.set(key, value)
    }
    const text = [...fields].map(([key, value]) => `${JSON.stringify(key)}:${word(value)}`)
    return parsed(`{${text.join()}}`)
  })
const word = (value: unknown): string =>
  value === Number.POSITIVE_INFINITY ? '1e309' : value === Number.NEGATIVE_INFINITY ? '-1e309' : JSON.stringify(value)

describe('the quick check of a frame', () => {
  test('takes every frame a gateway can make, so that the schema is the exception', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => isPlainFrame(parsed(JSON.stringify(frame)))),
      { numRuns: 1000 },
    )
  })

  test('takes what the schema takes, with the same value, and nothing else', () => {
    fc.assert(
      fc.property(bentFrame, (candidate) => {
        const exact = Frame.safeParse(candidate)
        expect(isPlainFrame(candidate)).toBe(exact.success)
        if (exact.success) expect(candidate).toEqual(exact.data)
      }),
      { numRuns: 4000 },
    )
  })

  test.each([null, 1, 'frame', [], [1], {}, undefined])('is no frame: %j', (candidate) => {
    expect(isPlainFrame(candidate)).toBe(false)
  })
})

describe('the quick check of an envelope', () => {
  const bent = fc.record(
    {
      v: fc.constantFrom(1, 1, 1, 2, '1'),
      stream: fc.oneof(fc.uuid(), fc.uuid(), fc.string(), fc.constantFrom('00000000-0000-0000-0000-000000000000', 1)),
      firstSeq: fc.oneof(fc.integer({ min: 1 }), fc.integer({ min: 1 }), strange),
      records: fc.oneof(fc.array(fc.constant(0), { minLength: 1, maxLength: 3 }), fc.array(fc.constant(0)), strange),
      more: fc.constant(0),
    },
    { requiredKeys: [] },
  )
  test('takes nothing that the schema refuses, and gives the same value', () => {
    fc.assert(
      fc.property(bent, (candidate) => {
        if (!isPlainEnvelope(candidate, MAX_BATCH_RECORDS)) return
        expect(BatchEnvelope.parse(candidate)).toEqual(candidate)
      }),
      { numRuns: 3000 },
    )
  })

  test('takes what gateways write, up to the most records', () => {
    const envelope = { v: 1, stream: '00112233-4455-4677-8899-aabbccddeeff', firstSeq: 1 }
    const of = (count: number) => ({ ...envelope, records: Array.from({ length: count }, () => 0) })
    const taken = [0, 1, MAX_BATCH_RECORDS, MAX_BATCH_RECORDS + 1].map((count) =>
      isPlainEnvelope(of(count), MAX_BATCH_RECORDS),
    )
    expect(taken).toEqual([false, true, true, false])
  })
})
