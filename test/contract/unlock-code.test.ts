import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { counterBytes, digitsOf, UnlockCode } from '#contract/unlock-code.ts'

// RFC 4226, appendix D: secret "12345678901234567890", six digits.
test.each([
  [0, '755224'],
  [1, '287082'],
  [2, '359152'],
  [3, '969429'],
  [4, '338314'],
  [5, '254676'],
  [6, '287922'],
  [7, '162583'],
  [8, '399871'],
  [9, '520489'],
])('counter %i of the RFC gives %s', (counter, expected) => {
  const mac = createHmac('sha1', '12345678901234567890').update(counterBytes(counter)).digest()
  expect(digitsOf(mac, 6)).toBe(expected)
  expect(digitsOf(mac)).toHaveLength(8)
})

test.each(['12345678', '1234 5678', '1234-5678', ' 12 34 56 78 '])('%s is typed as a code', (text) => {
  expect(UnlockCode.parse(text)).toBe('12345678')
})

test.each(['1234567', '123456789', '1234567x', ''])('%s is no code', (text) => {
  expect(UnlockCode.safeParse(text).success).toBe(false)
})
