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

/** A receiver that is asked has its fix ready for an unknown time, up to the last look that did not show it. */
export type Delivery = 'sent' | 'polled'

/**
 * The newest fix and the unbroken run of acceptable fixes that it ends. `lag` is how much older than its reception the
 * fix may be: it lay ready until it was asked for, or a device hands over a backlog as if it were new.
 */
export type FixTrack = {
  readonly newest: Fix
  /** When the receiver last said anything, new or not. */
  readonly lookedAt: Millis
  readonly lag: Millis
  readonly offset: ClockOffset
  readonly runSince?: Millis
  readonly slowSince?: Millis
  readonly recent: readonly Fix[]
}

/**
 * By how much our clock and the receiver's differ, as far as this run tells, in ms. No fix comes before its time, so the
 * smallest delay is a ceiling; a fix that was not there at the look before is younger than that look, which is a floor.
 */
type ClockOffset = { readonly floor: number; readonly ceiling: number }

/** A crystal may drift by this share of time against the receiver's clock. */
const CLOCK_DRIFT = 2e-4
/** An answer is dated when it is complete; what it tells was read off up to this much earlier. */
const ANSWER_MS = 100
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
  delivery: Delivery,
): FixTrack {
  if (track !== undefined && fix.time === track.newest.time)
    return delivery === 'sent' ? track : { ...track, lookedAt: fix.at }
  const accepted = acceptable(fix, trust, policy)
  const unseen = unseenFor(track, fix, policy, delivery)
  if (track?.runSince === undefined || !accepted || !continues(track, fix, policy))
    return begin(fix, accepted, policy, unseen)
  const delay = fix.at - fix.time
  const offset = narrowed(track.offset, delay, unseen, (fix.at - track.newest.at) * CLOCK_DRIFT)
  const slow = fix.speedKmh <= policy.standstillKmh
  return {
    newest: fix,
    lookedAt: fix.at,
    offset,
    lag: millis(Math.max(0, delay - offset.floor)),
    runSince: track.runSince,
    ...(slow ? { slowSince: track.slowSince ?? fix.at } : {}),
    recent: keep(track.recent, fix, policy),
  }
}

const continues = (track: FixTrack, fix: Fix, policy: InterlockPolicy): boolean =>
  fix.time > track.newest.time && fix.at - track.newest.at <= policy.fixMaxAge

/** How long a fix may have lain ready: since the look before, and of a first look nobody knows. */
function unseenFor(track: FixTrack | undefined, fix: Fix, policy: InterlockPolicy, delivery: Delivery): number {
  if (delivery === 'sent') return 0
  return Math.min(
    policy.fixMaxAge,
    track === undefined ? Number.POSITIVE_INFINITY : fix.at - track.lookedAt + ANSWER_MS,
  )
}

/**
 * What one more fix tells of the offset. A delay above the ceiling by more than the fix can have lain ready is the
 * device's own lateness and tells nothing; one below the floor shows that the floor was such a lateness.
 */
function narrowed(offset: ClockOffset, delay: number, unseen: number, drift: number): ClockOffset {
  const ceiling = Math.min(offset.ceiling + drift, delay)
  const floor = offset.floor - drift
  if (delay < floor) return { floor: delay - unseen, ceiling }
  return { floor: delay - unseen > ceiling ? floor : Math.max(floor, delay - unseen), ceiling }
}

const begin = (fix: Fix, accepted: boolean, policy: InterlockPolicy, unseen: number): FixTrack => ({
  newest: fix,
  lookedAt: fix.at,
  offset: { floor: fix.at - fix.time - unseen, ceiling: fix.at - fix.time },
  lag: millis(unseen),
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

/** Pure. How old the newest fix may be now, the time it lay ready and a backlog included. */
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
