import type { Language } from './age.ts'

const LOCALE: Record<Language, string> = { ru: 'ru-RU', en: 'en-GB' }
const NO_BREAK = '\u00a0'

/** Pure. «4 999,50 ₽», «12 400 ₽»: kopecks only where there are any. */
export function moneyWords(kopecks: number, language: Language): string {
  const places = kopecks % 100 === 0 ? 0 : 2
  const sum = (Math.abs(kopecks) / 100).toLocaleString(LOCALE[language], {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  })
  return `${kopecks < 0 ? '−' : ''}${sum.replace(/\s/g, NO_BREAK)}${NO_BREAK}₽`
}

/** Pure. The same with a plus before what comes in. */
export const changeWords = (kopecks: number, language: Language): string =>
  `${kopecks > 0 ? '+' : ''}${moneyWords(kopecks, language)}`
