import type { DateTimeLayout } from '#contract/profile.ts'

type Parts = { readonly date?: string; readonly time?: string }

/** Where each layout keeps `[year, month, day, hour, minute, second]`: start and length, in characters. */
const LAYOUTS: Readonly<Record<DateTimeLayout, { readonly pattern: RegExp; readonly split: (text: string) => Parts }>> =
  {
    DDMMYYhhmmss: {
      pattern: /^\d{12}$/,
      split: (text) => ({ date: fromDayFirst(text.slice(0, 6)), time: text.slice(6) }),
    },
    YYYYMMDDhhmmss: { pattern: /^\d{14}$/, split: (text) => ({ date: text.slice(0, 8), time: text.slice(8) }) },
    YYYYMMDD: { pattern: /^\d{8}$/, split: (text) => ({ date: text }) },
    DDMMYY: { pattern: /^\d{6}$/, split: (text) => ({ date: fromDayFirst(text) }) },
    hhmmss: { pattern: /^\d{6}$/, split: (text) => ({ time: text }) },
    'hhmmss.sss': { pattern: /^\d{6}(\.\d{1,9})?Z?$/, split: (text) => ({ time: text.replace('Z', '') }) },
  }

/** Pure. Two-digit years: 80 to 99 are the years of GPS before 2000, all others 20xx. */
export const fullYear = (twoDigits: number): number => (twoDigits >= 80 ? 1900 : 2000) + twoDigits

const fromDayFirst = (text: string): string =>
  `${fullYear(Number(text.slice(4, 6)))}${text.slice(2, 4)}${text.slice(0, 2)}`

/** Pure. Milliseconds since 1970 of a UTC date and time; undefined when there is no such moment. */
export function instantOf(parts: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  if (hour > 23 || minute > 59 || second >= 61) return undefined
  const midnight = Date.UTC(year, month - 1, day)
  const check = new Date(midnight)
  if (check.getUTCFullYear() !== year || check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day)
    return undefined
  return midnight + Math.round((hour * 3600 + minute * 60 + second) * 1000)
}

/** Pure. Texts in their named layouts, which together must give a date and a time of day. */
export function instantOfTexts(
  texts: readonly { readonly text: string; readonly layout: DateTimeLayout }[],
): number | undefined {
  let parts: Parts = {}
  for (const { text, layout } of texts) {
    if (!LAYOUTS[layout].pattern.test(text)) return undefined
    parts = { ...parts, ...LAYOUTS[layout].split(text) }
  }
  const { date, time } = parts
  if (date === undefined || time === undefined) return undefined
  const numbers = [
    date.slice(0, 4),
    date.slice(4, 6),
    date.slice(6, 8),
    time.slice(0, 2),
    time.slice(2, 4),
    time.slice(4),
  ]
  return instantOf(numbers.map(Number))
}
