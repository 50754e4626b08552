import { z } from 'zod'
import { type EpochMs, epochMs } from '#contract/instant.ts'

/** A day of the Moscow calendar, YYYY-MM-DD. */
export const Day = z.iso.date().brand<'Day'>()
export type Day = z.infer<typeof Day>

/** A time of day in Moscow, HH:MM. */
export const DayTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day reads HH:MM')
export type DayTime = z.infer<typeof DayTime>

// Moscow keeps UTC+3 the year round since 26 October 2014; the product looks no further back.
const OFFSET_MS = 3 * 3_600_000
const DAY_MS = 24 * 3_600_000

/** Pure. The day that it is in Moscow at this moment. */
export const dayOf = (at: EpochMs): Day => Day.parse(new Date(at + OFFSET_MS).toISOString().slice(0, 10))

/** Pure. The moment of a time of day in Moscow. */
export const momentOf = (day: Day, time: DayTime): EpochMs => epochMs(Date.parse(`${day}T${time}:00Z`) - OFFSET_MS)

/** Pure. So many days later (before, when negative). */
export const dayPlus = (day: Day, days: number): Day =>
  Day.parse(new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10))

/** Pure. 0 for Monday … 6 for Sunday. */
export const weekdayOf = (day: Day): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7

/** Pure. Whole days from one to another. */
export const daysBetween = (from: Day, to: Day): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS)
