import { MOSCOW_MS } from '../../calendar/moscow-day.ts'
import type { Period } from './period.ts'

const DAY_MS = 86_400_000
/** 1 January 1970 was a Thursday, the fourth day of its week. */
const FIRST_WEEKDAY = 3

/** Pure. The week of Moscow, Monday to Sunday, in which this moment lies. */
export function weekOf(at: number): Period {
  const day = Math.floor((at + MOSCOW_MS) / DAY_MS)
  const monday = day - ((day + FIRST_WEEKDAY) % 7)
  return { from: monday * DAY_MS - MOSCOW_MS, to: (monday + 7) * DAY_MS - MOSCOW_MS }
}

/**
 * Pure. The last week that a period touches, as far as it has gone, and the week before up to the same moment of it: so a
 * Wednesday is held against a Wednesday.
 */
export function weeksOf({ to }: Period): { readonly now: Period; readonly before: Period } {
  const { from } = weekOf(to - 1)
  return { now: { from, to }, before: { from: from - 7 * DAY_MS, to: to - 7 * DAY_MS } }
}
