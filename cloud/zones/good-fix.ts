import type { Frame } from '#contract/frame.ts'
import { type EpochMs, type Millis, minutes } from '#contract/instant.ts'

/** Later than this, a frame tells of the past: it belongs to history and judges nothing. */
const LATE_AFTER: Millis = minutes(2)
const AHEAD_AT_MOST: Millis = minutes(2)
const WORST_ACCURACY_M = 100
const FEWEST_SATELLITES = 4
/** What a receiver that states no accuracy is believed: about two standard deviations of a plain one in a street. */
const UNSTATED_ACCURACY_M = 30

export type GoodFix = {
  readonly at: EpochMs
  readonly lat: number
  readonly lon: number
  readonly accuracyM: number
  readonly odometerKm?: number | undefined
}

/** Pure. The fix of a frame that may judge where a vehicle is now, or undefined: stale, doubtful or without position. */
export function goodFixOf(frame: Frame, receivedAt: EpochMs): GoodFix | undefined {
  const { lat, lon, readAt } = frame
  if (lat === undefined || lon === undefined || frame.fix === 'none') return undefined
  if (frame.gnssTrust !== 'ok' || frame.timeQuality === 'estimated') return undefined
  if (frame.backfill === true || receivedAt - readAt > LATE_AFTER || readAt - receivedAt > AHEAD_AT_MOST)
    return undefined
  const accuracyM = frame.accuracyM ?? UNSTATED_ACCURACY_M
  if (accuracyM > WORST_ACCURACY_M || (frame.satellites ?? FEWEST_SATELLITES) < FEWEST_SATELLITES) return undefined
  return { at: readAt, lat, lon, accuracyM, odometerKm: frame.odometerKm }
}

/** Pure. Does the vehicle itself say, about now, that its position is not to be trusted? */
export const isDoubtful = (frame: Frame, receivedAt: EpochMs): boolean =>
  frame.gnssTrust !== 'ok' && frame.backfill !== true && Math.abs(receivedAt - frame.readAt) <= LATE_AFTER
