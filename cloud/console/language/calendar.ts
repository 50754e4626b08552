import type { Language } from './age.ts'
import { dayWords } from './moment.ts'

/** Pure. The middle of a day of Moscow, `YYYY-MM-DD`: any formatter finds the same day in it. */
export const noonOf = (day: string): number => Date.parse(`${day}T12:00:00+03:00`)

/** Pure. «24 ноября», with the year when it is not this one. */
export const calendarWords = (day: string, now: number, language: Language): string =>
  dayWords(noonOf(day), now, language)
