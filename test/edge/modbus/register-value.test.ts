import { describe, expect, test } from 'vitest'
import {
  FIXES_TO_LOCK,
  type OrderProbe,
  type OrderSample,
  probeOrder,
  survivors,
} from '../../../edge/modbus/byte-order.ts'
import { bisect, planBlocks, type Span } from '../../../edge/modbus/register-plan.ts'
import { decodeWords } from '../../../edge/modbus/register-value.ts'
import { instantOf, instantOfTexts } from '../../../edge/profile/date-time.ts'
import { debounce, type Level } from '../../../edge/profile/debounce.ts'
import { type Meant, meanValue } from '../../../edge/profile/reading-value.ts'

test.each([
  { type: 'bool', order: 'ABCD', words: [1], value: true },
  { type: 'bool', order: 'ABCD', words: [0], value: false },
  { type: 'uint16', order: 'ABCD', words: [0xfffe], value: 65_534 },
  { type: 'uint16', order: 'BADC', words: [0x0102], value: 0x0201 },
  { type: 'int16', order: 'ABCD', words: [0xfffe], value: -2 },
  { type: 'uint32', order: 'ABCD', words: [0x0001, 0x0002], value: 65_538 },
  { type: 'uint32', order: 'CDAB', words: [0x0002, 0x0001], value: 65_538 },
  { type: 'int32', order: 'ABCD', words: [0xffff, 0xffb5], value: -75 },
  { type: 'int32', order: 'DCBA', words: [0xb5ff, 0xffff], value: -75 },
  { type: 'float32', order: 'ABCD', words: [0x425f, 0x0146], value: 55.751243591308594 },
  { type: 'float32', order: 'DCBA', words: [0x4601, 0x5f42], value: 55.751243591308594 },
  { type: 'float32', order: 'BADC', words: [0x5f42, 0x4601], value: 55.751243591308594 },
  { type: 'float32', order: 'CDAB', words: [0x0146, 0x425f], value: 55.751243591308594 },
  { type: 'float64', order: 'ABCD', words: [0x404b, 0xe028, 0xc3ac, 0x0c63], value: 55.75124404523716 },
  { type: 'float64', order: 'CDAB', words: [0x0c63, 0xc3ac, 0xe028, 0x404b], value: 55.75124404523716 },
  { type: 'uint64', order: 'ABCD', words: [0, 0, 1, 0], value: 65_536 },
  { type: 'int64', order: 'ABCD', words: [0xffff, 0xffff, 0xffff, 0xffff], value: -1 },
  { type: 'ascii', order: 'ABCD', words: [0x4142, 0x4300, 0x5858], value: 'ABC' },
  { type: 'ascii', order: 'BADC', words: [0x4241, 0x0043], value: 'ABC' },
  { type: 'asciiNumber', order: 'ABCD', words: [0x3132, 0x2e35, 0], value: 12.5 },
  { type: 'asciiNumber', order: 'ABCD', words: [0x4e2f, 0x4100], value: undefined },
  { type: 'asciiNumber', order: 'ABCD', words: [0, 0], value: '' },
] as const)('$type, $order, $words → $value', ({ type, order, words, value }) => {
  const decoded = decodeWords(words, type, order)
  if (type === 'float64') expect(decoded).toBeCloseTo(value, 4)
  else expect(decoded).toBe(value)
})

type Row = {
  readonly name: string
  readonly raw: unknown
  readonly meaning: Parameters<typeof meanValue>[1]
  readonly expected: Meant
}
const rows: readonly Row[] = [
  { name: 'scale and offset', raw: 100, meaning: { scale: 0.1, offset: -40 }, expected: { value: -30 } },
  { name: 'knots', raw: 10, meaning: { unit: 'kn' }, expected: { value: 18.52 } },
  { name: 'metres a second', raw: 10, meaning: { unit: 'm/s' }, expected: { value: 36 } },
  { name: 'hundredths of a metre a second', raw: 1000, meaning: { unit: 'm/s', scale: 0.01 }, expected: { value: 36 } },
  { name: 'millivolts', raw: 12_600, meaning: { unit: 'mV' }, expected: { value: 12.6 } },
  { name: 'miles', raw: 100, meaning: { unit: 'mi' }, expected: { value: 160.9344 } },
  { name: 'tenths of a kilometre', raw: 1234, meaning: { unit: '0.1 km' }, expected: { value: 123.4 } },
  { name: 'epoch in seconds', raw: 1_795_289_123, meaning: { unit: 'epoch' }, expected: { value: 1_795_289_123_000 } },
  {
    name: 'epoch in milliseconds',
    raw: 1_795_289_123_456,
    meaning: { unit: 'epoch' },
    expected: { value: 1_795_289_123_456 },
  },
  { name: 'a numeric text', raw: '42.5', meaning: { unit: 'km/h' }, expected: { value: 42.5 } },
  { name: 'a map of numbers', raw: 1, meaning: { map: { 0: 'free', 1: 'blocked' } }, expected: { value: 'blocked' } },
  {
    name: 'a map of a coil by number',
    raw: true,
    meaning: { map: { 0: 'free', 1: 'blocked' } },
    expected: { value: 'blocked' },
  },
  {
    name: 'a map of a coil by word',
    raw: false,
    meaning: { map: { false: 'free', true: 'blocked' } },
    expected: { value: 'free' },
  },
  {
    name: 'a value the map does not know',
    raw: 7,
    meaning: { map: { 0: 'free', 1: 'blocked' } },
    expected: { reason: 'decode' },
  },
  {
    name: 'a name of every object is not in the map',
    raw: 'constructor',
    meaning: { map: { a: 1 } },
    expected: { reason: 'decode' },
  },
  { name: 'declared missing', raw: 0x7fffffff, meaning: { missing: [0x7fffffff] }, expected: { reason: 'missing' } },
  {
    name: 'declared missing, as a text',
    raw: 'N/A',
    meaning: { missing: ['N/A'], unit: 'km/h' },
    expected: { reason: 'missing' },
  },
  { name: 'NaN', raw: Number.NaN, meaning: {}, expected: { reason: 'missing' } },
  { name: 'the largest float', raw: 3.4028234e38, meaning: {}, expected: { reason: 'missing' } },
  { name: 'the empty text', raw: '', meaning: {}, expected: { reason: 'missing' } },
  { name: 'null', raw: null, meaning: {}, expected: { reason: 'missing' } },
  { name: 'zero is a value', raw: 0, meaning: { range: [0, 300] }, expected: { value: 0 } },
  {
    name: 'out of range, in the house’s unit',
    raw: 200,
    meaning: { unit: 'kn', range: [0, 300] },
    expected: { reason: 'range' },
  },
  { name: 'a word where a number is wanted', raw: 'fast', meaning: { unit: 'km/h' }, expected: { reason: 'decode' } },
  { name: 'an object', raw: {}, meaning: {}, expected: { reason: 'decode' } },
]

test.each(rows)('meaning: $name', ({ raw, meaning, expected }) => {
  const meant = meanValue(raw, meaning)
  expect(meant).toEqual(
    'value' in expected && typeof expected.value === 'number' ? { value: expect.closeTo(expected.value, 9) } : expected,
  )
})

test.each([
  {
    name: 'day first',
    texts: [{ text: '211126205835', layout: 'DDMMYYhhmmss' }],
    expected: Date.UTC(2026, 10, 21, 20, 58, 35),
  },
  {
    name: 'date and time apart',
    texts: [
      { text: '20261121', layout: 'YYYYMMDD' },
      { text: '205835.250Z', layout: 'hhmmss.sss' },
    ],
    expected: Date.UTC(2026, 10, 21, 20, 58, 35, 250),
  },
  {
    name: 'a leap day',
    texts: [{ text: '20240229000000', layout: 'YYYYMMDDhhmmss' }],
    expected: Date.UTC(2024, 1, 29),
  },
  { name: 'no such day', texts: [{ text: '20230229000000', layout: 'YYYYMMDDhhmmss' }], expected: undefined },
  { name: 'a time without a date', texts: [{ text: '205835', layout: 'hhmmss' }], expected: undefined },
  { name: 'letters', texts: [{ text: '2111262058x5', layout: 'DDMMYYhhmmss' }], expected: undefined },
] as const)('date and time: $name', ({ texts, expected }) => {
  expect(instantOfTexts(texts)).toBe(expected)
})

test('a moment is refused when a part of it is impossible', () => {
  expect(
    [
      [2026, 13, 1],
      [2026, 0, 1],
      [2026, 1, 32],
      [2026, 1, 1, 24],
      [2026, 1, 1, 0, 60],
      [2026, 1, 1, 0, 0, 61],
    ].map(instantOf),
  ).toEqual(Array.from({ length: 6 }, () => undefined))
})

test('a level counts when it has held, and a flicker starts the wait anew', () => {
  let level: Level | undefined
  const seen = [
    [0, false],
    [100, true],
    [400, false],
    [500, true],
    [900, true],
    [1000, true],
  ] as const
  const settled = seen.map(([at, value]) => {
    level = debounce(level, value, at, 500)
    return level.settled
  })
  expect(settled).toEqual([false, false, false, false, false, true])
})

describe('byte order', () => {
  const bytes = (hex: string): OrderSample => {
    const [high = 0, low = 0] = [hex.slice(0, 4), hex.slice(4)].map((word) => Number.parseInt(word, 16))
    return { words: [high, low], range: [-180, 180], isPlace: true }
  }
  const abcd = [bytes('425f0146'), bytes('42167944')]
  const dcba = [bytes('46015f42'), bytes('44791642')]

  test.each([
    { name: 'ABCD', samples: abcd, expected: ['ABCD'] },
    { name: 'DCBA', samples: dcba, expected: ['DCBA'] },
    { name: 'all zero', samples: [bytes('00000000'), bytes('00000000')], expected: [] },
    { name: 'NaN', samples: [bytes('7fc07fc0'), bytes('42167944')], expected: [] },
  ])('of $name survive $expected', ({ samples, expected }) => {
    expect(survivors(samples)).toEqual(expected)
  })

  const play = (fixes: readonly (readonly OrderSample[])[], stepMs = 1000): OrderProbe =>
    fixes.reduce<OrderProbe>((probe, samples, at) => probeOrder(probe, samples, at * stepMs), {
      state: 'probing',
      streak: 0,
    })
  const times = (count: number, samples: readonly OrderSample[]) => Array.from({ length: count }, () => samples)

  test('twenty consecutive fixes lock it, nineteen do not', () => {
    expect(play(times(FIXES_TO_LOCK - 1, dcba)).state).toBe('probing')
    expect(play(times(FIXES_TO_LOCK, dcba))).toEqual({ state: 'locked', order: 'DCBA' })
  })

  test('a lock is never changed', () => {
    expect(play([...times(FIXES_TO_LOCK, dcba), ...times(50, abcd)])).toEqual({ state: 'locked', order: 'DCBA' })
  })

  test('another candidate starts the count anew, no fix at all does not', () => {
    expect(play([...times(10, dcba), ...times(10, abcd)])).toMatchObject({
      state: 'probing',
      candidate: 'ABCD',
      streak: 10,
    })
    const none = [bytes('00000000'), bytes('00000000')]
    expect(play([...times(10, dcba), ...times(5, none), ...times(10, dcba)])).toEqual({
      state: 'locked',
      order: 'DCBA',
    })
  })

  test('a leap faster than a vehicle starts the count anew', () => {
    const elsewhere = [bytes('42700000'), bytes('42167944')]
    expect(play([...times(19, abcd), elsewhere])).toMatchObject({ state: 'probing', streak: 1 })
  })
})

describe('the plan of requests', () => {
  const span = (address: number, count = 2): Span => ({ table: 'holding', address, count })
  const shape = (spans: readonly Span[], maxHole: number, maxRegisters = 125) =>
    planBlocks(spans, { maxHole, maxRegisters }).map(({ address, count }) => [address, count])

  test.each([
    { name: 'neighbours are one', spans: [span(10), span(12)], maxHole: 0, expected: [[10, 4]] },
    { name: 'order does not matter', spans: [span(12), span(10)], maxHole: 0, expected: [[10, 4]] },
    { name: 'a hole within the limit is read over', spans: [span(10), span(20)], maxHole: 8, expected: [[10, 12]] },
    {
      name: 'a larger hole is not',
      spans: [span(10), span(21)],
      maxHole: 8,
      expected: [
        [10, 2],
        [21, 2],
      ],
    },
    { name: 'the same cells twice', spans: [span(10), span(10)], maxHole: 0, expected: [[10, 2]] },
    { name: 'one within another', spans: [span(10, 16), span(12)], maxHole: 0, expected: [[10, 16]] },
  ])('$name', ({ spans, maxHole, expected }) => {
    expect(shape(spans, maxHole)).toEqual(expected)
  })

  test('no request is longer than the device allows', () => {
    expect(shape([span(0, 100), span(100, 25), span(125, 1)], 0)).toEqual([
      [0, 125],
      [125, 1],
    ])
  })

  test('tables are never mixed', () => {
    const plan = planBlocks([span(0), { table: 'input', address: 2, count: 2 }], { maxHole: 9, maxRegisters: 125 })
    expect(plan).toHaveLength(2)
  })

  test('a refused block is halved down to single spans', () => {
    const [block] = planBlocks([span(0), span(2), span(4)], { maxHole: 0, maxRegisters: 125 })
    const halves = block === undefined ? [] : (bisect(block) ?? [])
    expect(halves.map(({ address, count }) => [address, count])).toEqual([
      [0, 4],
      [4, 2],
    ])
    expect(halves[1] === undefined ? [] : bisect(halves[1])).toBeUndefined()
  })
})
