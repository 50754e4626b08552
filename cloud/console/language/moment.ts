import type { Language } from './age.ts'

/** The fleet works by Moscow time, wherever the browser stands. Moscow has had no daylight saving since 2014. */
const ZONE = 'Europe/Moscow'
const MOSCOW_OFFSET = '+03:00'
const LOCALE: Record<Language, string> = { ru: 'ru-RU', en: 'en-GB' }

const format = (language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(LOCALE[language], { timeZone: ZONE, ...options })

const clocks = {
  ru: format('ru', { hour: '2-digit', minute: '2-digit' }),
  en: format('en', { hour: '2-digit', minute: '2-digit' }),
}
const seconds = {
  ru: format('ru', { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  en: format('en', { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
}
const days = {
  ru: format('ru', { day: 'numeric', month: 'long' }),
  en: format('en', { day: 'numeric', month: 'long' }),
}
const longDays = {
  ru: format('ru', { day: 'numeric', month: 'long', year: 'numeric' }),
  en: format('en', { day: 'numeric', month: 'long', year: 'numeric' }),
}
const isoDay = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })

/** Pure. «14:22» by Moscow time. */
export const clockWords = (at: number, language: Language): string => clocks[language].format(at)
/** Pure. «14:22:05» by Moscow time. */
export const secondWords = (at: number, language: Language): string => seconds[language].format(at)
/** Pure. «24 ноября», with the year when it is not this one. */
export const dayWords = (at: number, now: number, language: Language): string =>
  (isoDay.format(at).slice(0, 4) === isoDay.format(now).slice(0, 4) ? days : longDays)[language]
    .format(at)
    .replace(/\sг\.$/, '')
/** Pure. «24 ноября, 14:05 (МСК)». */
export const momentWords = (at: number, now: number, language: Language): string =>
  `${dayWords(at, now, language)}, ${clockWords(at, language)} (${language === 'ru' ? 'МСК' : 'MSK'})`
/** Pure. The clock alone when it was today, else day and clock: «14:22» or «23 ноября, 14:22». */
export const sinceWords = (at: number, now: number, language: Language): string =>
  moscowDay(at) === moscowDay(now)
    ? clockWords(at, language)
    : `${dayWords(at, now, language)}, ${clockWords(at, language)}`

/** Pure. When something happened, inside a sentence: «в 14:22» or «23 ноября в 14:22». */
export function atWords(at: number, now: number, language: Language): string {
  const clock = clockWords(at, language)
  const today = moscowDay(at) === moscowDay(now)
  if (language === 'ru') return today ? `в ${clock}` : `${dayWords(at, now, language)} в ${clock}`
  return today ? `at ${clock}` : `on ${dayWords(at, now, language)} at ${clock}`
}

/** Pure. The Moscow calendar day of a moment, `YYYY-MM-DD`. */
export const moscowDay = (at: number): string => isoDay.format(at)

/** Pure. The moment a Moscow day begins and the moment the next one does, as RFC 3339. */
export function dayBounds(day: string): { readonly from: string; readonly to: string } {
  const from = Date.parse(`${day}T00:00:00${MOSCOW_OFFSET}`)
  return { from: new Date(from).toISOString(), to: new Date(from + 86_400_000).toISOString() }
}

/** Pure. The day `count` days after `day` (before it, when negative). */
export const dayAfter = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10)
