import type { Language } from './age.ts'

const LOCALE: Record<Language, string> = { ru: 'ru-RU', en: 'en-GB' }
const NO_BREAK = '\u00a0'

/** Pure. «1,4», with `places` decimals at most. */
export const numberWords = (value: number, places: number, language: Language): string =>
  value.toLocaleString(LOCALE[language], { minimumFractionDigits: 0, maximumFractionDigits: places })

/** Pure. «128 450 км», with `places` decimals at most. */
export const kmWords = (km: number, language: Language, places = 0): string =>
  `${numberWords(km, places, language)}${NO_BREAK}${language === 'ru' ? 'км' : 'km'}`

/** Pure. «43 км/ч». */
export const speedWords = (speedKmh: number, language: Language): string =>
  `${numberWords(Math.round(speedKmh), 0, language)}${NO_BREAK}${language === 'ru' ? 'км/ч' : 'km/h'}`

/** Pure. «12 м». */
export const metreWords = (metres: number, language: Language): string =>
  `${numberWords(Math.round(metres), 0, language)}${NO_BREAK}${language === 'ru' ? 'м' : 'm'}`

/** Pure. «93,5 %»; null where nobody knows. */
export const shareWords = (share: number | null, language: Language): string | null =>
  share === null ? null : `${numberWords(share * 100, 1, language)}${NO_BREAK}%`
