import type { EpochMs } from '#contract/instant.ts'
import { type Millis, minutes, seconds } from '#contract/instant.ts'
import { isRenewed, nextMark, type OdometerMark, odometerAgrees } from './odometer.ts'
import { distanceM, isWithin, type Place } from './place.ts'

export type Side = 'inside' | 'outside'

/** A good fix, and where it lies towards one zone. Distances in metres, WGS84 degrees. */
export type Sighting = {
  readonly at: EpochMs
  readonly lat: number
  readonly lon: number
  readonly accuracyM: number
  readonly side: Side
  /** False within the margin of the border: such a fix speaks for neither side. */
  readonly clear: boolean
  /** Of the car, where it is read. */
  readonly odometerKm?: number | undefined
}

/** A place that the vehicle reports but cannot have driven to: kept apart until it proves itself or goes away. */
type Stranger = {
  readonly since: EpochMs
  readonly last: Place
  /** How far it was from the believed place when it appeared. */
  readonly jumpM: number
  /** The wheels have not turned that far: such a place never proves itself by staying. */
  readonly undriven?: boolean | undefined
}

/** The other side, as far as fixes speak for it. */
type Candidate = {
  readonly side: Side
  readonly since: EpochMs
  readonly lastAt: EpochMs
  readonly hits: number
  readonly misses: number
}

/** One vehicle towards one zone. Plain JSON, so that it survives a restart. */
export type ZoneState = {
  readonly side: Side | 'unknown'
  readonly since: EpochMs | null
  readonly believed: Place | null
  readonly stranger: Stranger | null
  readonly candidate: Candidate | null
  readonly mark: OdometerMark | null
  /** It was seen to come over the border to this side. Outside without it: nobody knows how it got there. */
  readonly witnessed: boolean
}

export type Crossing = {
  readonly from: Side
  readonly to: Side
  /** When the first fix beyond the margin was read. */
  readonly at: EpochMs
  readonly confirmedAt: EpochMs
  readonly lat: number
  readonly lon: number
  readonly hits: number
  readonly misses: number
}

export type CrossingPolicy = {
  /** No leased car is faster: what lies further was not driven to. */
  readonly fastestKmh: number
  /** Added to both accuracies, for receivers that flatter themselves. */
  readonly slackM: number
  /** At least so many fixes must speak for the new side … */
  readonly hits: number
  /** … for at least so long … */
  readonly dwell: Millis
  /** … with no pause between them longer than this … */
  readonly pause: Millis
  /** … and at most this share of them against it. */
  readonly doubt: number
  /** An unreachable place is taken for true after so many times the drive there, never sooner than `strangerAtLeast`. */
  readonly strangerTimes: number
  readonly strangerAtLeast: Millis
}

export const CROSSING_POLICY: CrossingPolicy = {
  fastestKmh: 200,
  slackM: 50,
  hits: 4,
  dwell: seconds(60),
  pause: minutes(10),
  doubt: 0.25,
  strangerTimes: 20,
  strangerAtLeast: minutes(1),
}

export const NEVER_SEEN: ZoneState = {
  side: 'unknown',
  since: null,
  believed: null,
  stranger: null,
  candidate: null,
  mark: null,
  witnessed: false,
}

/** Pure. The newest moment this state has judged; older fixes change nothing. */
export function judgedThrough(state: ZoneState): number {
  return Math.max(state.believed?.at ?? -Infinity, state.stranger?.last.at ?? -Infinity)
}

/**
 * Pure. Takes one good fix, in order of time. A crossing is said once several reachable fixes clear of the border agree
 * for a while. A jump is no crossing: a car whose receiver is deceived returns to where it was believed, and one that
 * stays away is placed anew, without a crossing, so that nobody is blocked for a place he never drove to.
 */
export function judgeSighting(
  state: ZoneState,
  sighting: Sighting,
  policy: CrossingPolicy = CROSSING_POLICY,
): { readonly state: ZoneState; readonly crossing: Crossing | null } {
  if (sighting.at <= judgedThrough(state)) return { state, crossing: null }
  const { believed, stranger } = state
  if (stranger !== null) return judgeBesideStranger(state, stranger, sighting, policy)
  const doubt = believed === null ? null : doubtOf(state, believed, sighting, policy)
  return believed !== null && doubt !== null
    ? { state: { ...state, stranger: strangerAt(sighting, believed, doubt) }, crossing: null }
    : vote(believing(state, sighting), sighting, policy)
}

type Doubt = 'unreachable' | 'undriven'

function doubtOf(state: ZoneState, believed: Place, sighting: Sighting, policy: CrossingPolicy): Doubt | null {
  if (!isReachable(believed, sighting, policy)) return 'unreachable'
  return odometerAgrees(state.mark, sighting, policy.slackM) ? null : 'undriven'
}

const believing = (state: ZoneState, sighting: Sighting): ZoneState => ({
  ...state,
  believed: placeOf(sighting),
  stranger: null,
  mark: nextMark(state.mark, sighting),
})

function judgeBesideStranger(state: ZoneState, stranger: Stranger, sighting: Sighting, policy: CrossingPolicy) {
  const { believed } = state
  const goesOn = isReachable(stranger.last, sighting, policy)
  // A place nobody drove to may lie near the believed one: there the wheels decide which of the two is meant.
  if (!goesOn || stranger.undriven === true) {
    const doubt = believed === null ? null : doubtOf(state, believed, sighting, policy)
    if (believed === null || doubt === null) return vote(believing(state, sighting), sighting, policy)
    if (!goesOn) return { state: { ...state, stranger: strangerAt(sighting, believed, doubt) }, crossing: null }
  }
  const isWaiting = sighting.at - stranger.since < waitOf(stranger, policy)
  const isUndriven = stranger.undriven === true && state.mark !== null && !isRenewed(state.mark, sighting)
  if (isWaiting || isUndriven)
    return { state: { ...state, stranger: { ...stranger, last: placeOf(sighting) } }, crossing: null }
  // Placed anew. On the side it was known to be on, nothing has changed; on the other, nobody saw it cross.
  const known = sighting.side === state.side ? state : NEVER_SEEN
  return vote({ ...believing({ ...known, mark: null }, sighting), candidate: null }, sighting, policy)
}

const strangerAt = (sighting: Sighting, believed: Place, doubt: Doubt): Stranger => ({
  since: sighting.at,
  last: placeOf(sighting),
  jumpM: distanceM(believed, sighting),
  ...(doubt === 'undriven' ? { undriven: true } : {}),
})

const placeOf = ({ at, lat, lon, accuracyM }: Sighting): Place => ({ at, lat, lon, accuracyM })

const metresPerMs = (policy: CrossingPolicy): number => policy.fastestKmh / 3600

function isReachable(from: Place, to: Place, policy: CrossingPolicy): boolean {
  const free = from.accuracyM + to.accuracyM + policy.slackM
  return isWithin(from, to, free + (to.at - from.at) * metresPerMs(policy))
}

const waitOf = ({ jumpM }: Stranger, policy: CrossingPolicy): number =>
  Math.max(policy.strangerAtLeast, (policy.strangerTimes * jumpM) / metresPerMs(policy))

/** Pure. Counts one believed fix for its side, in order of time. */
export function vote(
  state: ZoneState,
  sighting: Sighting,
  policy: CrossingPolicy,
): { readonly state: ZoneState; readonly crossing: Crossing | null } {
  if (!sighting.clear) return { state, crossing: null }
  const candidate = nextCandidate(state, sighting, policy)
  if (candidate === null || candidate.side === state.side || !isConfirmed(candidate, policy))
    return { state: candidate === state.candidate ? state : { ...state, candidate }, crossing: null }
  const witnessed = state.side !== 'unknown'
  const settled: ZoneState = { ...state, side: candidate.side, since: candidate.since, candidate: null, witnessed }
  return { state: settled, crossing: state.side === 'unknown' ? null : crossingOf(state.side, candidate, sighting) }
}

function nextCandidate({ side, candidate }: ZoneState, sighting: Sighting, policy: CrossingPolicy): Candidate | null {
  const begun = candidate !== null && sighting.at - candidate.lastAt <= policy.pause ? candidate : null
  const fresh = { side: sighting.side, since: sighting.at, lastAt: sighting.at, hits: 1, misses: 0 }
  if (begun === null) return sighting.side === side ? null : fresh
  if (begun.side === sighting.side) return { ...begun, lastAt: sighting.at, hits: begun.hits + 1 }
  const doubted = { ...begun, misses: begun.misses + 1 }
  if (isCredible(doubted, policy)) return doubted
  return sighting.side === side ? null : fresh
}

const isCredible = ({ hits, misses }: Candidate, policy: CrossingPolicy): boolean =>
  misses <= (hits + misses) * policy.doubt

const isConfirmed = (candidate: Candidate, policy: CrossingPolicy): boolean =>
  candidate.hits >= policy.hits && candidate.lastAt - candidate.since >= policy.dwell && isCredible(candidate, policy)

const crossingOf = (from: Side, candidate: Candidate, { at, lat, lon }: Sighting): Crossing => ({
  from,
  to: candidate.side,
  at: candidate.since,
  confirmedAt: at,
  lat,
  lon,
  hits: candidate.hits,
  misses: candidate.misses,
})
