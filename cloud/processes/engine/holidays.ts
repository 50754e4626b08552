import type { Holidays } from './calendar.ts'

/**
 * Days off beyond Saturdays and Sundays: the holidays of article 112 of the Labour Code, and their transfers by the
 * government's decrees for 2025 and 2026. A year that is not here has the fixed holidays only.
 */
const FIXED = [
  '01-01',
  '01-02',
  '01-03',
  '01-04',
  '01-05',
  '01-06',
  '01-07',
  '01-08',
  '02-23',
  '03-08',
  '05-01',
  '05-09',
  '06-12',
  '11-04',
]
const TRANSFERRED = [
  ...['2025-05-02', '2025-05-08', '2025-06-13', '2025-11-03', '2025-12-31'],
  ...['2026-01-09', '2026-03-09', '2026-05-11', '2026-12-31'],
]
const WORKING_SATURDAYS = ['2025-11-01']
const YEARS = Array.from({ length: 15 }, (_, index) => 2024 + index)

export const RUSSIAN_HOLIDAYS: Holidays = {
  off: new Set([...YEARS.flatMap((year) => FIXED.map((day) => `${year}-${day}`)), ...TRANSFERRED]),
  working: new Set(WORKING_SATURDAYS),
}
