import { expect, test } from 'vitest'
import { median, percentile, readable, spread, table } from './table.ts'

test.each([
  { values: [3, 1, 2], expected: 2 },
  { values: [4, 1, 3, 2], expected: 2.5 },
  { values: [7], expected: 7 },
  { values: [], expected: Number.NaN },
])('the median of $values is $expected', ({ values, expected }) => {
  expect(median(values)).toBe(expected)
})

test.each([
  { share: 0.5, expected: 50 },
  { share: 0.99, expected: 99 },
  { share: 1, expected: 100 },
  { share: 0, expected: 1 },
])('the $share percentile of 1 to 100 is $expected', ({ share, expected }) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentile(values, share)).toBe(expected)
})

test('a spread is a median with its range', () => {
  expect(spread([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 })
})

test.each([
  [1234567, '1\u202f234\u202f567'],
  [999.96, '1\u202f000'],
  [0.123456, '0.1235'],
  [Number.NaN, '–'],
])('%d reads %s', (value, expected) => {
  expect(readable(value)).toBe(expected)
})

test('numbers stand to the right under their header', () => {
  expect(
    table([
      ['side', 'frames/s'],
      ['own', 30500],
      ['peer', 12],
    ]),
  ).toBe(['side  frames/s', '----  --------', 'own     30\u202f500', 'peer        12'].join('\n'))
})
