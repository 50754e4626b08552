import type { GnssTrust } from '#contract/frame.ts'
import { type EpochMs, type Millis, millis } from '#contract/instant.ts'

/** One position as received: `time` is the receiver's own, `at` the monotonic moment of reception. */
export type Position = {
  readonly lat: number
  readonly lon: number
  readonly time: EpochMs
  readonly at: Millis
}

export type GnssTrustState = {
  readonly last?: Position
  readonly suspectUntil?: Millis
  /** What the receiver itself says about jamming or spoofing, while it says so. */
  readonly told?: GnssTrust
}

export const UNTRIED: GnssTrustState = {}

/** No leased car does 300 km/h; two fixes a second apart may each err by some tens of metres. */
const FASTEST_M_PER_S = 300 / 3.6
const SLACK_M = 50
const TIME_JUMP_MS = 10_000
const SUSPICION_MS = 60_000

const RADIAN = Math.PI / 180
const EARTH_M = 6_371_008.8

type LatLon = { readonly lat: number; readonly lon: number }

/** Pure. Metres between two positions on the sphere: within 0.6 % of the ellipsoid, enough for gates and thresholds. */
export function metresBetween(from: LatLon, to: LatLon): number {
  const y = Math.sin(((to.lat - from.lat) * RADIAN) / 2)
  const x = Math.sin(((to.lon - from.lon) * RADIAN) / 2)
  const chord = y * y + Math.cos(from.lat * RADIAN) * Math.cos(to.lat * RADIAN) * x * x
  return 2 * EARTH_M * Math.asin(Math.sqrt(Math.min(1, chord)))
}

/** Pure. Receivers without a fix send 0, 0; the sea south of Ghana leases no cars. */
export const isZeroPosition = (place: LatLon): boolean => Math.abs(place.lat) < 1e-6 && Math.abs(place.lon) < 1e-6

/**
 * Pure. Looks at the next position: a jump faster than a car could travel, or fix time leaping against the monotonic
 * clock, makes the receiver suspect for a minute. A zero position is refused: it leaves the state as it was.
 */
export function followPosition(state: GnssTrustState, next: Position): GnssTrustState {
  if (isZeroPosition(next)) return state
  const { last } = state
  if (last === undefined || (!leaps(last, next) && !shiftsTime(last, next))) return { ...state, last: next }
  return { ...state, last: next, suspectUntil: millis(next.at + SUSPICION_MS) }
}

const leaps = (from: Position, to: Position): boolean =>
  metresBetween(from, to) > SLACK_M + (FASTEST_M_PER_S * Math.max(0, to.at - from.at)) / 1000

const shiftsTime = (from: Position, to: Position): boolean =>
  Math.abs(to.time - from.time - (to.at - from.at)) > TIME_JUMP_MS

/** Pure. Takes over the receiver's own word about jamming or spoofing. */
export const heedReceiver = (state: GnssTrustState, told: GnssTrust): GnssTrustState => ({ ...state, told })

/** Pure. How far the receiver may be believed now; anything but `ok` is no evidence. */
export function gnssTrust(state: GnssTrustState, now: Millis): GnssTrust {
  if (state.told === 'jammed') return 'jammed'
  if (state.told === 'suspect') return 'suspect'
  return state.suspectUntil !== undefined && now < state.suspectUntil ? 'suspect' : 'ok'
}
