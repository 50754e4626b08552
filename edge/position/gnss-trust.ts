import type { GnssTrust } from '#contract/frame.ts'
import { type EpochMs, type Millis, minutes, seconds } from '#contract/instant.ts'
import { isZeroPosition, metresBetween, type Place } from './place.ts'
import { spoofPlaceAt } from './spoof-places.ts'
import { NO_TAKEOVER, type TakeoverWatch, takenOverAfter, watchTakeover } from './takeover.ts'
import { compareSpeeds, settled, speedsConflict, UNCHECKED, type WheelCheck } from './wheel-check.ts'

/** One position as received: `time` is the receiver's own, `at` the monotonic moment of reception. */
export type Position = Place & {
  readonly time: EpochMs
  readonly at: Millis
  readonly speedKmh?: number
  readonly accuracyM?: number
  readonly satellites?: number
}

/** What the rest of the vehicle says at the moment of a position. What is not fitted or not fresh is left out. */
export type Beside = {
  readonly wheelKmh?: number
  /** Since when the ignition is off without a break. */
  readonly ignitionOffSince?: Millis
  /** The motion sensor sees motion: a car that is towed, not a receiver that is deceived. */
  readonly motion?: 'moving' | 'still'
}

/**
 * Why a receiver is not believed. `jump`: faster than physics · `speed`: a step beyond its own speed · `place`: arrived
 * by a jump where deceived receivers are known to be shown · `void`: after a loss of the fix · `time`: its time leapt ·
 * `wheel`: against the wheels · `ignition`: driving though the ignition is off · `satellites`: hopped and their figures
 * froze · `recovering`: back where it was believed, not yet for long · `receiver`: it says so itself.
 */
export type Doubt =
  | 'jump'
  | 'speed'
  | 'place'
  | 'void'
  | 'time'
  | 'wheel'
  | 'ignition'
  | 'satellites'
  | 'recovering'
  | 'receiver'

/** A run of positions that is not believed, until it has lasted `wait` without a contradiction. */
type Stranger = {
  readonly doubts: readonly Doubt[]
  /** When the doubt began, and since when nothing new has fed it. */
  readonly began: Millis
  readonly since: Millis
  readonly wait: Millis
  readonly jumpM: number
  readonly place?: string
}

export type GnssTrustState = {
  readonly last?: Position
  /** The last position believed; while nothing is in doubt it is `last`. */
  readonly believed?: Position
  readonly stranger?: Stranger
  /** Where strangers were that went away by a jump: who lands there again has not come back. */
  readonly exposed: readonly Place[]
  /** What the receiver itself says about jamming or spoofing, while it says so. */
  readonly told?: GnssTrust
  readonly takeover: TakeoverWatch<Position>
  readonly wheel: WheelCheck
  readonly parked?: Position
  /** Believed positions of the last moments, oldest first: a slow pull-away, found late, began ahead of them. */
  readonly trail: readonly Position[]
}

export const UNTRIED: GnssTrustState = { exposed: [], trail: [], takeover: NO_TAKEOVER, wheel: UNCHECKED }

/** No leased car does 300 km/h; two fixes a second apart may each err by some tens of metres. */
const FASTEST_M_PER_S = 300 / 3.6
const SLACK_M = 50
/** A car cannot outrun what its receiver says of its speed by more than this in a second. */
const SPEED_SLACK_M = 60
const SPEED_GAIN_M_PER_S = 10
const SPEED_STEP = seconds(5)
const TIME_JUMP_MS = 10_000
const VOID = seconds(10)
/** To reach a known place of deception over an unseen stretch, a mean speed beyond this is a jump. */
const ROAD_M_PER_S = 120 / 3.6
const EXPOSED_M = 3000
/** How long a run must last: back where it was believed, or a mere hop; after another doubt; at a far place, by distance. */
const RECOVERY = seconds(10)
const LEAST_WAIT = minutes(1)
const TIMES_THE_DRIVE = 20
const TIMES_AT_SPOOF_PLACE = 4
/** Driving with the ignition off this long, this far from where it was parked. */
const PARKED_AFTER = minutes(1)
const PARKED_M = 300
const TRAIL_STEP = seconds(10)
const TRAIL = 5
const KEPT_EXPOSED = 4
/** With fewer satellites a receiver may be dead-reckoning into a tunnel: its speed says nothing about the wheels. */
const WEAK = 5

/** Pure. Looks at the next position and at what the vehicle says beside it. Zero, repeated and late ones change nothing. */
export function followPosition(state: GnssTrustState, next: Position, beside: Beside = {}): GnssTrustState {
  if (isZeroPosition(next)) return state
  const { last } = state
  if (last === undefined) return { ...state, last: next, believed: next, trail: [next] }
  const step = next.time - last.time
  if (step <= 0 && step > -TIME_JUMP_MS) return state
  const seen = watched(state, last, next, beside)
  const leapt = leapOf(last, next)
  const conflicts = [
    ...leapt,
    ...lastingDoubts(seen, next, beside),
    ...(shiftsTime(last, next) ? ['time' as const] : []),
  ]
  if (state.stranger === undefined)
    return conflicts.length === 0 ? believing(seen, next) : doubting(seen, next, conflicts)
  return beStranger(seen, state.stranger, last, next, conflicts)
}

function watched(state: GnssTrustState, last: Position, next: Position, beside: Beside): GnssTrustState {
  const { wheelKmh, ignitionOffSince } = beside
  const wheel =
    wheelKmh === undefined || next.speedKmh === undefined || (next.satellites ?? WEAK) < WEAK
      ? state.wheel
      : compareSpeeds(state.wheel, next.speedKmh, wheelKmh)
  const seen = { ...state, last: next, wheel, takeover: watchTakeover(state.takeover, last, next) }
  if (ignitionOffSince !== undefined && next.at - ignitionOffSince >= PARKED_AFTER)
    return state.parked === undefined ? { ...seen, parked: next } : seen
  const { parked: _left, ...driving } = seen
  return driving
}

/** What stays a contradiction for as long as it is observed. */
function lastingDoubts(state: GnssTrustState, next: Position, beside: Beside): readonly Doubt[] {
  const { parked } = state
  const drives = parked !== undefined && beside.motion !== 'moving' && metresBetween(parked, next) > PARKED_M
  return [
    ...(speedsConflict(state.wheel) ? ['wheel' as const] : []),
    ...(takenOverAfter(state.takeover) === undefined ? [] : ['satellites' as const]),
    ...(drives ? ['ignition' as const] : []),
  ]
}

function believing(state: GnssTrustState, next: Position): GnssTrustState {
  const newest = state.trail.at(-1)
  const grows = newest === undefined || next.at - newest.at >= TRAIL_STEP
  return { ...state, believed: next, ...(grows ? { trail: [...state.trail, next].slice(-TRAIL) } : {}) }
}

function doubting(state: GnssTrustState, next: Position, doubts: readonly Doubt[]): GnssTrustState {
  // A pull-away has been going on for a while when it is found: what was believed meanwhile was false.
  const gradual = !doubts.includes('jump') && !doubts.includes('speed')
  const before = gradual ? (takenOverAfter(state.takeover) ?? state.trail[0]) : undefined
  const believed = before ?? state.believed
  return {
    ...state,
    ...(believed === undefined ? {} : { believed }),
    stranger: strangerAt(next, believed ?? next, doubts, next.at),
  }
}

function strangerAt(next: Position, from: Position, doubts: readonly Doubt[], began: Millis): Stranger {
  const known = doubts.includes('jump') ? spoofPlaceAt(next) : undefined
  const jumpM = Math.round(metresBetween(from, next))
  const drive = (jumpM / FASTEST_M_PER_S) * 1000 * TIMES_THE_DRIVE * (known === undefined ? 1 : TIMES_AT_SPOOF_PLACE)
  return {
    doubts: known === undefined ? doubts : [...doubts, 'place'],
    began,
    since: next.at,
    wait: seconds(Math.max(doubts.includes('jump') ? RECOVERY : LEAST_WAIT, drive) / 1000),
    jumpM,
    ...(known === undefined ? {} : { place: known.name }),
  }
}

function beStranger(
  state: GnssTrustState,
  stranger: Stranger,
  last: Position,
  next: Position,
  conflicts: readonly Doubt[],
): GnssTrustState {
  const { believed = next } = state
  if (!conflicts.includes('jump')) {
    if (conflicts.length > 0)
      return { ...state, stranger: { ...stranger, doubts: merged(stranger.doubts, conflicts), since: next.at } }
    if (next.at - stranger.since < stranger.wait) return state
    const { stranger: _proved, ...trusted } = state
    return { ...trusted, believed: next, trail: [next], exposed: [] }
  }
  const wasBack = stranger.doubts.includes('recovering')
  const exposed = wasBack ? state.exposed : [...state.exposed, last].slice(-KEPT_EXPOSED)
  const takeover = { ...NO_TAKEOVER, habit: { ...state.takeover.habit, still: 0 } }
  const left = { ...state, exposed, wheel: settled(state.wheel), takeover }
  if (isBack(state.exposed, believed, next))
    return {
      ...left,
      stranger: { doubts: ['recovering'], began: stranger.began, since: next.at, wait: RECOVERY, jumpM: 0 },
    }
  return { ...left, stranger: strangerAt(next, believed, conflicts, stranger.began) }
}

const merged = (known: readonly Doubt[], more: readonly Doubt[]): readonly Doubt[] => [...new Set([...known, ...more])]

/** Back on the road: reachable from where it was believed, and not where a stranger was exposed before. */
const isBack = (exposed: readonly Place[], believed: Position, next: Position): boolean =>
  metresBetween(believed, next) <= SLACK_M + (ROAD_M_PER_S * (next.at - believed.at)) / 1000 &&
  (spoofPlaceAt(next) === undefined || spoofPlaceAt(believed) !== undefined) &&
  !exposed.some((place) => metresBetween(place, next) < EXPOSED_M && metresBetween(place, believed) > EXPOSED_M)

function leapOf(from: Position, to: Position): readonly Doubt[] {
  const metres = metresBetween(from, to)
  // A device that hands over a backlog says what is seconds apart in one moment.
  const length = Math.max(0, to.at - from.at, Math.min(to.time - from.time, to.at - from.at + TIME_JUMP_MS))
  const unseen: readonly Doubt[] = length > VOID ? ['void'] : []
  if (metres > SLACK_M + (FASTEST_M_PER_S * length) / 1000) return ['jump', ...unseen]
  const arrives = length > VOID && spoofPlaceAt(to) !== undefined && metres > 2 * EXPOSED_M
  if (arrives && metres > (ROAD_M_PER_S * length) / 1000) return ['jump', ...unseen]
  if (from.speedKmh === undefined || to.speedKmh === undefined || length > SPEED_STEP) return []
  const most = Math.max(from.speedKmh, to.speedKmh) / 3.6 + SPEED_GAIN_M_PER_S
  const errors = 2 * ((from.accuracyM ?? 0) + (to.accuracyM ?? 0))
  return metres > SPEED_SLACK_M + errors + (most * length) / 1000 ? ['jump', 'speed'] : []
}

const shiftsTime = (from: Position, to: Position): boolean =>
  Math.abs(to.time - from.time - (to.at - from.at)) > TIME_JUMP_MS

/** Pure. Takes over the receiver's own word about jamming or spoofing. */
export const heedReceiver = (state: GnssTrustState, told: GnssTrust): GnssTrustState => ({ ...state, told })

/** Pure. How far the receiver may be believed; anything but `ok` is no evidence. */
export function gnssTrust({ told, stranger }: GnssTrustState): GnssTrust {
  if (told === 'jammed') return 'jammed'
  return told === 'suspect' || stranger !== undefined ? 'suspect' : 'ok'
}

/** Why a receiver is doubted, as events and evidence say it. */
export type Suspicion = {
  readonly reasons: readonly Doubt[]
  readonly jumpM?: number
  readonly place?: string
}

/** Pure. Undefined while the receiver is believed. */
export function suspicionOf({ told, stranger }: GnssTrustState): Suspicion | undefined {
  const own: readonly Doubt[] = told === undefined || told === 'ok' ? [] : ['receiver']
  if (stranger === undefined) return own.length === 0 ? undefined : { reasons: own }
  return {
    reasons: [...own, ...stranger.doubts],
    jumpM: stranger.jumpM,
    ...(stranger.place === undefined ? {} : { place: stranger.place }),
  }
}
