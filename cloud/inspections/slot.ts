import { type EpochMs, epochMs } from '#contract/instant.ts'
import { type Day, type DayTime, dayPlus, momentOf, weekdayOf } from '../calendar/moscow-day.ts'

/** When and with how many boxes a station works; times of the Moscow day. */
export type Hours = {
  readonly boxes: number
  readonly opens: DayTime
  readonly closes: DayTime
  readonly slotMinutes: number
  /** 0 for Monday … 6 for Sunday. */
  readonly weekdays: readonly number[]
}

export type Taken = { readonly slotAt: EpochMs; readonly box: number }
export type FreeSlot = { readonly at: EpochMs; readonly free: number }

/** Pure. Every slot of a day, earliest first; the last one ends when the station closes or before. */
export function slotsOf(hours: Hours, day: Day): readonly EpochMs[] {
  if (!hours.weekdays.includes(weekdayOf(day))) return []
  const length = hours.slotMinutes * 60_000
  const opens = momentOf(day, hours.opens)
  const fit = Math.floor((momentOf(day, hours.closes) - opens) / length)
  return Array.from({ length: Math.max(0, fit) }, (_, index) => epochMs(opens + index * length))
}

/** Pure. Slots with at least one free box, of so many days from a day on, later than `now`. */
export function freeSlots(
  hours: Hours,
  taken: readonly Taken[],
  { from, days, now }: { readonly from: Day; readonly days: number; readonly now: EpochMs },
): readonly FreeSlot[] {
  const used = Map.groupBy(taken, ({ slotAt }) => slotAt)
  return Array.from({ length: days }, (_, index) => dayPlus(from, index))
    .flatMap((day) => slotsOf(hours, day))
    .filter((at) => at > now)
    .map((at) => ({ at, free: hours.boxes - (used.get(at)?.length ?? 0) }))
    .filter(({ free }) => free > 0)
}

/** Pure. The first box that nobody has at that time; undefined when all are taken. */
export function freeBox(hours: Hours, taken: readonly Taken[], at: EpochMs): number | undefined {
  const used = new Set(taken.filter(({ slotAt }) => slotAt === at).map(({ box }) => box))
  return Array.from({ length: hours.boxes }, (_, index) => index + 1).find((box) => !used.has(box))
}
