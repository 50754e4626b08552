import { type EpochMs, later, type Millis, minutes, seconds } from '#contract/instant.ts'

/** From the beginning of one round through all drivers to the next, less the jitter. */
export const ROUND: Millis = minutes(20)
const JITTER = minutes(2)
const FIRST_RETRY = seconds(30)

/** Pure. When the next round begins, `random` of 0 to 1: earlier by a part of the jitter, so that parks do not ask together. */
export const nextRound = (startedAt: EpochMs, random: number): EpochMs =>
  later(startedAt, Math.round(ROUND - JITTER * random))

/** Pure. When a failed round is tried again: later each time, as the source has asked, and within a round. */
export function retryAt(now: EpochMs, failures: number, askedMs: number | undefined, random: number): EpochMs {
  const backoff = Math.min(FIRST_RETRY * 2 ** Math.min(failures - 1, 10), ROUND / 2)
  const wait = Math.min(Math.max(backoff, askedMs ?? 0), ROUND)
  return later(now, Math.round(wait * (1 + random / 5)))
}
