import { expect, test } from 'vitest'
import { readPageFiles } from '../../../cloud/driver-page/file-store.ts'
import { lastsUntil } from '../../../cloud/driver-page/page-view.ts'
import { digitsFrom, mayAsk } from '../../../cloud/driver-page/sign-in/code.ts'
import { Schedule } from '../../../cloud/leases/schedule.ts'
import { epochMs } from '../../../contract/instant.ts'

test('the whole page is under 50 KB as it is and under 16 KB packed, and loads nothing from elsewhere', () => {
  const files = [...readPageFiles().values()]
  const sum = (of: (file: (typeof files)[number]) => number) => files.reduce((all, file) => all + of(file), 0)
  expect(sum(({ plain }) => plain.length)).toBeLessThan(50_000)
  expect(sum(({ zipped }) => zipped.length)).toBeLessThan(16_000)
  for (const { plain } of files) expect(plain.toString()).not.toMatch(/https?:\/\/|style=|innerHTML/)
})

// A Tuesday.
const NOW = epochMs(Date.parse('2026-11-24T09:00:00Z'))
const rates = (kopecks: number) => Schedule.parse({ rates: [1, 1, 1, 1, 1, 1, 0].map((one) => one * kopecks) })
test.each([
  { name: 'two days fit', kopecks: 1_000_000, rate: 250_000, day: '2026-11-26' },
  { name: 'exactly at the threshold is still enough', kopecks: 750_000, rate: 250_000, day: '2026-11-25' },
  { name: 'tomorrow it is below', kopecks: 740_000, rate: 250_000, day: '2026-11-24' },
  { name: 'nothing is charged', kopecks: 740_000, rate: 0, day: null },
])('$name: lasts until $day', ({ kopecks, rate, day }) =>
  expect(lastsUntil(kopecks, 500_000, rates(rate), NOW)).toBe(day),
)

test('a code has six digits, whatever the bytes', () => {
  expect(digitsFrom(new Uint8Array(6))).toBe('000000')
  expect(digitsFrom(new Uint8Array(6).fill(255))).toMatch(/^\d{6}$/)
})

test('the fourth code of a number within a quarter of an hour, and the eleventh of a day, are refused', () => {
  expect(mayAsk({ byPhone: 2, byPhoneToday: 2, byAddress: 0 })).toBe(true)
  expect(mayAsk({ byPhone: 3, byPhoneToday: 3, byAddress: 0 })).toBe(false)
  expect(mayAsk({ byPhone: 0, byPhoneToday: 10, byAddress: 0 })).toBe(false)
  expect(mayAsk({ byPhone: 0, byPhoneToday: 0, byAddress: 30 })).toBe(false)
})
