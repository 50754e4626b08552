import { epochMs } from '#contract/instant.ts'

/** Nothing that this software sees happened before it was made: an earlier date is a week roll-over or a dead clock. */
export const BUILT = epochMs(Date.UTC(2026, 8, 1))
