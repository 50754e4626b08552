import { MOSCOW_MS, midnight } from '../../calendar/moscow-day.ts'
import type { Calendar } from '../notation/catalogue.ts'
import { after, type Duration } from '../notation/duration.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Days off and working Saturdays of the Russian production calendar, as `2026-01-01`. */
export type Holidays = { readonly off: ReadonlySet<string>; readonly working: ReadonlySet<string> }

const dayName = (at: number): string => new Date(at + MOSCOW_MS).toISOString().slice(0, 10)
/** 1 Monday … 7 Sunday. */
const weekday = (at: number): number => ((new Date(at + MOSCOW_MS).getUTCDay() + 6) % 7) + 1

/** Pure. Is this local day (its midnight) one of the calendar's? */
export function isOpenDay(calendar: Calendar, day: number, holidays: Holidays): boolean {
  const name = dayName(day)
  if (calendar.holidays === 'ru') {
    if (holidays.off.has(name)) return false
    if (holidays.working.has(name)) return true
  }
  return calendar.days.has(weekday(day))
}

export function isOpen(calendar: Calendar, at: number, holidays: Holidays): boolean {
  const day = midnight(at)
  const minute = (at - day) / MINUTE_MS
  return isOpenDay(calendar, day, holidays) && minute >= calendar.from && minute < calendar.to
}

/** Pure. The moment when `length` of open time has passed since `at`; months and `24/7` count by the clock on the wall. */
export function dueBy(
  calendar: Calendar,
  at: number,
  length: Pick<Duration, 'ms' | 'months'>,
  holidays: Holidays,
): number {
  const start = length.months === 0 ? at : after(at, { ms: 0, months: length.months })
  const always =
    calendar.from === 0 && calendar.to === 1440 && calendar.days.size === 7 && calendar.holidays === undefined
  if (always) return start + length.ms
  const openMs = (calendar.to - calendar.from) * MINUTE_MS
  // Days written in a limit are working days of its calendar.
  const whole = Math.floor(length.ms / DAY_MS)
  let rest = whole * openMs + (length.ms - whole * DAY_MS)
  for (let day = midnight(start), guard = 0; guard < 4000; day += DAY_MS, guard += 1) {
    if (!isOpenDay(calendar, day, holidays)) continue
    const from = Math.max(start, day + calendar.from * MINUTE_MS)
    const to = day + calendar.to * MINUTE_MS
    if (from >= to) continue
    if (to - from >= rest) return from + rest
    rest -= to - from
  }
  return start + length.ms
}

/** Pure. `at` itself when open, else the next opening. */
export const opening = (calendar: Calendar, at: number, holidays: Holidays): number =>
  dueBy(calendar, at, { ms: 1, months: 0 }, holidays) - 1
