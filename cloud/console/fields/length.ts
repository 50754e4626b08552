import type { Language } from '../language/age.ts'

const NO_BREAK = '\u00a0'
const UNITS = { ru: ['дн', 'ч', 'мин'], en: ['d', 'h', 'min'] } as const

/** Pure. A length of time in at most two units: «2 дн 3 ч», «1 ч 20 мин», «40 мин». */
export function lengthWords(ms: number, language: Language): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const parts = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const first = parts.findIndex((count) => count > 0)
  if (first === -1) return `0${NO_BREAK}${UNITS[language][2]}`
  return parts
    .map((count, unit) => ({ count, unit }))
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count}${NO_BREAK}${UNITS[language][unit] ?? ''}`)
    .join(' ')
}
