import { type EpochMs, epochMs } from '#contract/instant.ts'

/** Nothing that this software sees happened before it was made: an earlier date is a week roll-over or a dead clock. */
export const BUILT = epochMs(Date.UTC(2026, 8, 1))

/** The week counter of GPS has ten bits. */
const ROLL_OVER_MS = 1024 * 7 * 86_400_000

/** Pure. A receiver's time before the software was made, or a whole round of the week counter later, is no time. */
export const isRolledOver = (time: number, notBefore: EpochMs): boolean =>
  time < notBefore || time - notBefore >= ROLL_OVER_MS
