import { type EpochMs, type Millis, millis } from '#contract/instant.ts'
import { type GnssTrustState, gnssTrust } from '../position/gnss-trust.ts'
import { isZeroPosition, metresBetween } from '../position/place.ts'
import type { InterlockPolicy } from './interlock-policy.ts'

/** A fix the receiver calls good, as received. */
export type Fix = {
  readonly lat: number
  readonly lon: number
  readonly time: EpochMs
  readonly at: Millis
  readonly speedKmh: number
  readonly satellites?: number
  readonly accuracyM?: number
  readonly valid: boolean
}

/**
 * The newest fix and the unbroken run of acceptable fixes that it ends. `lag` is how much older than its reception the
 * fix is: a device that hands over a backlog delivers old fixes as if new.
 */
export type FixTrack = {
  readonly newest: Fix
  readonly lag: Millis
  /** The smallest reception delay seen in this run; its zero means nothing. */
  readonly bestDelay: number
  readonly runSince?: Millis
  readonly slowSince?: Millis
  readonly recent: readonly Fix[]
}

/** A crystal may drift by this share of time against the receiver's clock. */
const CLOCK_DRIFT = 2e-4
/** Polling at 1 Hz finds a 1 Hz fix up to a second late without any fault of the device. */
const POLL_PHASE_MS = 1000
/** Positions closer in time than this say nothing new about displacement. */
const TRACK_STEP_MS = 1000

const acceptable = (fix: Fix, trust: GnssTrustState, policy: InterlockPolicy): boolean =>
  fix.valid &&
  !isZeroPosition(fix) &&
  gnssTrust(trust) === 'ok' &&
  (fix.satellites === undefined || fix.satellites >= policy.minSatellites) &&
  (fix.accuracyM === undefined || fix.accuracyM <= policy.maxAccuracyM)

/**
 * Pure. Adds one fix. One whose time has not advanced is no new fix and refreshes nothing, which is how a frozen
 * receiver ages. A gap longer than the age limit, or a fix that is not acceptable, ends the run.
 */
export function followFix(
  track: FixTrack | undefined,
  fix: Fix,
  trust: GnssTrustState,
  policy: InterlockPolicy,
): FixTrack {
  if (track !== undefined && fix.time === track.newest.time) return track
  const accepted = acceptable(fix, trust, policy)
  if (track?.runSince === undefined || !accepted || !continues(track, fix, policy)) return begin(fix, accepted, policy)
  const drifted = track.bestDelay + (fix.at - track.newest.at) * CLOCK_DRIFT
  const delay = fix.at - fix.time
  const bestDelay = Math.min(drifted, delay)
  const slow = fix.speedKmh <= policy.standstillKmh
  return {
    newest: fix,
    bestDelay,
    lag: millis(Math.max(0, delay - bestDelay - POLL_PHASE_MS)),
    runSince: track.runSince,
    ...(slow ? { slowSince: track.slowSince ?? fix.at } : {}),
    recent: keep(track.recent, fix, policy),
  }
}

const continues = (track: FixTrack, fix: Fix, policy: InterlockPolicy): boolean =>
  fix.time > track.newest.time && fix.at - track.newest.at <= policy.fixMaxAge

const begin = (fix: Fix, accepted: boolean, policy: InterlockPolicy): FixTrack => ({
  newest: fix,
  bestDelay: fix.at - fix.time,
  lag: millis(0),
  ...(accepted ? { runSince: fix.at } : {}),
  ...(accepted && fix.speedKmh <= policy.standstillKmh ? { slowSince: fix.at } : {}),
  recent: accepted ? [fix] : [],
})

const keep = (recent: readonly Fix[], fix: Fix, policy: InterlockPolicy): readonly Fix[] => {
  const within = recent.filter((old) => fix.at - old.at <= policy.displacementWindow)
  const before = within.at(-2)
  // Fixes at 10 Hz would be 600 in a minute: keep one a second, always the newest.
  const thinned = before !== undefined && fix.at - before.at < TRACK_STEP_MS ? within.slice(0, -1) : within
  return [...thinned, fix]
}

/** Pure. A speed above the limit ends "slow", whatever the quality of the reading that says it. */
export function noteSpeed(
  track: FixTrack | undefined,
  speedKmh: number,
  policy: InterlockPolicy,
): FixTrack | undefined {
  if (track?.slowSince === undefined || speedKmh <= policy.standstillKmh) return track
  const { slowSince: _ended, ...rest } = track
  return rest
}

/** Pure. How old the newest fix is now, backlog included. */
export const fixAge = (track: FixTrack, now: Millis): Millis => millis(now - track.newest.at + track.lag)

/** Pure. Largest distance in metres between two fixes of the run within the window: the frozen and the crawling. */
export function displacement(track: FixTrack): number {
  let widest = 0
  for (const [index, from] of track.recent.entries())
    for (const to of track.recent.slice(index + 1)) widest = Math.max(widest, metresBetween(from, to))
  return widest
}

/** Pure. By how much the newest speed exceeds the lowest of the last moments, km/h: a car that sets off. */
export function speedRise(track: FixTrack, window: Millis): number {
  const lately = track.recent.filter((fix) => track.newest.at - fix.at <= window).map((fix) => fix.speedKmh)
  return track.newest.speedKmh - Math.min(track.newest.speedKmh, ...lately)
}

/** Pure. Does the run contradict standstill: displaced beyond its error, or setting off? */
export const isUnrest = (track: FixTrack, policy: InterlockPolicy): boolean =>
  isDisplacedBeyond(track, Math.max(policy.displacementM, 2 * (track.newest.accuracyM ?? 0))) ||
  speedRise(track, policy.accelerationWindow) >= policy.accelerationKmh

/** `displacement(track) > limitM`, asked at every fix: two cheap looks first, all pairs only where those cannot tell. */
function isDisplacedBeyond(track: FixTrack, limitM: number): boolean {
  const { recent, newest } = track
  if (spread(recent) <= limitM) return false
  return recent.some((old) => metresBetween(old, newest) > limitM) || displacement(track) > limitM
}

/** The diagonal of the box around all fixes: no two of them lie further apart. A little is added for the curve. */
function spread(recent: readonly Fix[]): number {
  if (recent.length === 0) return 0
  let [south, west, north, east] = [90, 180, -90, -180]
  for (const { lat, lon } of recent) {
    south = Math.min(south, lat)
    north = Math.max(north, lat)
    west = Math.min(west, lon)
    east = Math.max(east, lon)
  }
  // Across the date line, or across half the world, a box means nothing.
  if (east - west > 1 || north - south > 1) return Number.POSITIVE_INFINITY
  // The widest parallel of the box is the one nearest the equator.
  const lat = south < 0 && north > 0 ? 0 : Math.min(Math.abs(south), Math.abs(north))
  const high = metresBetween({ lat: south, lon: west }, { lat: north, lon: west })
  const wide = metresBetween({ lat, lon: west }, { lat, lon: east })
  return 1.001 * Math.hypot(high, wide)
}

/** Pure. How long the run is proved slow, and how long it is: up to the newest fix, not up to now. */
export const slowFor = (track: FixTrack): Millis =>
  millis(track.slowSince === undefined ? 0 : track.newest.at - track.slowSince)
export const runFor = (track: FixTrack): Millis =>
  millis(track.runSince === undefined ? 0 : track.newest.at - track.runSince)
