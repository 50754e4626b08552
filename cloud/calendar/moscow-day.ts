import { z } from 'zod'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'

/** A day of the Moscow calendar, YYYY-MM-DD. */
export const Day = z.iso.date().brand<'Day'>()
export type Day = z.infer<typeof Day>

/** A time of day in Moscow, HH:MM. */
export const DayTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day reads HH:MM')
export type DayTime = z.infer<typeof DayTime>

/** Moscow keeps UTC+3 the year round since 26 October 2014; the product looks no further back. */
export const MOSCOW_MS = 3 * 3_600_000
const DAY_MS = 24 * 3_600_000
const MIDNIGHT = DayTime.parse('00:00')

/** Pure. The day that it is in Moscow at this moment. */
export const dayOf = (at: EpochMs): Day => Day.parse(new Date(at + MOSCOW_MS).toISOString().slice(0, 10))

/** Pure. The moment of a time of day in Moscow. */
export const momentOf = (day: Day, time: DayTime): EpochMs => epochMs(Date.parse(`${day}T${time}:00Z`) - MOSCOW_MS)

/** Pure. So many days later (before, when negative). */
export const dayPlus = (day: Day, days: number): Day =>
  Day.parse(new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10))

/** Pure. 0 for Monday … 6 for Sunday. */
export const weekdayOf = (day: Day): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7

/** Pure. Whole days from one to another. */
export const daysBetween = (from: Day, to: Day): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS)

/** Pure. Local midnight of that moment, in epoch milliseconds. */
export const midnight = (at: number): number => Math.floor((at + MOSCOW_MS) / DAY_MS) * DAY_MS - MOSCOW_MS

/** Pure. The day's own moments: `from` included, `to` excluded. */
export function boundsOf(day: Day): { readonly from: EpochMs; readonly to: EpochMs } {
  const from = momentOf(day, MIDNIGHT)
  return { from, to: later(from, DAY_MS) }
}

/** Pure. Every day from one to another, both included. */
export const daysThrough = (from: Day, to: Day): readonly Day[] =>
  Array.from({ length: Math.max(0, daysBetween(from, to) + 1) }, (_, index) => dayPlus(from, index))
