/**
 * How restless a receiver's count of satellites is. A false signal replaces all of them at once and often shows one
 * figure for ever; what is unusual is judged against the receiver's own habit, never against a fixed number.
 */
export type SatelliteHabit = {
  /** Intervals between fixes seen, and those over which the count changed; old ones fade. */
  readonly looks: number
  readonly changes: number
  /** Intervals without a change since the last one: not yet part of the habit. */
  readonly still: number
  readonly count?: number
}

export const NO_HABIT: SatelliteHabit = { looks: 0, changes: 0, still: 0 }

/** So many intervals make a habit; a habit remembers about this many. */
const LEAST_LOOKS = 60
const MEMORY = 600

/** Pure. Takes the count of the next fix; a fix without one changes nothing. */
export function followSatellites(habit: SatelliteHabit, count: number | undefined): SatelliteHabit {
  if (count === undefined) return habit
  if (habit.count === undefined) return { ...habit, count }
  if (count === habit.count) return { ...habit, still: habit.still + 1 }
  const fade = Math.min(1, MEMORY / (habit.looks + habit.still + 1))
  return {
    looks: (habit.looks + habit.still + 1) * fade,
    changes: (habit.changes + 1) * fade,
    still: 0,
    count,
  }
}

/** Pure. The chance of a stillness as long as the present one, by habit. 1 while there is no habit yet. */
export function chanceOfStillness({ looks, changes, still }: SatelliteHabit): number {
  if (looks < LEAST_LOOKS) return 1
  return (1 - (changes + 1) / (looks + 2)) ** still
}
