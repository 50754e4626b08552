import { metresBetween, type Place } from './place.ts'
import { chanceOfStillness, followSatellites, NO_HABIT, type SatelliteHabit } from './satellite-habit.ts'

/** What of a fix tells whether another signal has taken the receiver over. */
export type Signal = Place & { readonly at: number; readonly speedKmh?: number; readonly satellites?: number }

/** `before` is the last fix ahead of the suspected moment. `changes` counts the satellites' returning restlessness. */
type Suspected<Fix> = { readonly before: Fix; readonly confirmed: 'no' | 'yes'; readonly changes: number }

/** Follows how the position agrees with the receiver's own speed, and how restless its satellites are. */
export type TakeoverWatch<Fix extends Signal> = {
  readonly habit: SatelliteHabit
  /** Mean disagreement of a step with the speed, metres, and over how many steps. */
  readonly mismatchM: number
  readonly steps: number
  readonly suspected?: Suspected<Fix>
}

export const NO_TAKEOVER: TakeoverWatch<never> = { habit: NO_HABIT, mismatchM: 0, steps: 0 }

const LEAST_STEPS = 60
const MEMORY = 300
/** A step that disagrees by so many times the mean, and by so many metres, is a hop. */
const HOP_TIMES = 4
const HOP_M = 2.5
/** A stillness this unlikely, right after a hop, confirms. */
const UNLIKELY = 1e-4
/** The satellites live again after so many changes. */
const CHANGES_TO_LIVE = 3
const LONGEST_STEP_MS = 3000

/**
 * Pure. A slow pull-away agrees with itself from its second fix on, so only its beginning can be told from the
 * receiver alone: the position hops against the receiver's own speed at the moment when the set of satellites
 * changes, and from then on their count, restless before, stands still.
 */
export function watchTakeover<Fix extends Signal>(
  watch: TakeoverWatch<Fix>,
  before: Fix,
  next: Fix,
): TakeoverWatch<Fix> {
  const habit = followSatellites(watch.habit, next.satellites)
  const mismatch = mismatchM(before, next)
  const swapped = habit.count !== watch.habit.count
  const grown = { ...watch, habit, ...learned(watch, mismatch) }
  const { suspected } = watch
  if (suspected?.confirmed === 'yes') {
    const changes = suspected.changes + (swapped ? 1 : 0)
    if (changes < CHANGES_TO_LIVE) return { ...grown, suspected: { ...suspected, changes } }
    return without(grown)
  }
  if (isHop(watch, mismatch) && swapped) return { ...grown, suspected: { before, confirmed: 'no', changes: 0 } }
  if (suspected === undefined || swapped) return without(grown)
  return chanceOfStillness(habit) < UNLIKELY ? { ...grown, suspected: { ...suspected, confirmed: 'yes' } } : grown
}

/** Pure. The last fix before a confirmed takeover. */
export const takenOverAfter = <Fix extends Signal>(watch: TakeoverWatch<Fix>): Fix | undefined =>
  watch.suspected?.confirmed === 'yes' ? watch.suspected.before : undefined

const without = <Fix extends Signal>(watch: TakeoverWatch<Fix>): TakeoverWatch<Fix> => {
  const { suspected: _over, ...rest } = watch
  return rest
}

/** How far the way between two fixes differs from what their speeds say; undefined where that cannot be said. */
function mismatchM(before: Signal, next: Signal): number | undefined {
  const length = next.at - before.at
  if (before.speedKmh === undefined || next.speedKmh === undefined || length <= 0 || length > LONGEST_STEP_MS)
    return undefined
  const driven = (((before.speedKmh + next.speedKmh) / 2) * length) / 3600
  return Math.abs(metresBetween(before, next) - driven)
}

const isHop = ({ steps, mismatchM: usual }: TakeoverWatch<Signal>, mismatch: number | undefined): boolean =>
  mismatch !== undefined && steps >= LEAST_STEPS && mismatch > Math.max(HOP_M, HOP_TIMES * usual)

function learned(
  { steps, mismatchM: usual }: TakeoverWatch<Signal>,
  mismatch: number | undefined,
): { steps: number; mismatchM: number } {
  if (mismatch === undefined) return { steps, mismatchM: usual }
  const weight = Math.min(steps + 1, MEMORY)
  return { steps: steps + 1, mismatchM: usual + (Math.min(mismatch, 20) - usual) / weight }
}
