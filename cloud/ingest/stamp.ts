import type { EpochMs } from '#contract/instant.ts'

/** More than a cloud's own clock is ever stepped by, so that its mistake costs no vehicle what is its. */
const FAR_MS = 12 * 3_600_000

/** Pure. Stamped so long after it came that the device's clock is wrong: nobody knows when it was read. */
export const isFarAhead = (readAt: EpochMs, receivedAt: EpochMs): boolean => readAt > receivedAt + FAR_MS
