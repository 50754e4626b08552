import type { EpochMs, Millis } from '#contract/instant.ts'
import type { Capability, Profile } from '#contract/profile.ts'
import type { QualityReason, Reading } from './reading.ts'

/** When a device's position counts: the profile's `freshness.position`. */
export type FreshnessRule = NonNullable<Profile['freshness']>['position']

type TimeMark = { readonly time: number; readonly steadyAt: number }

/** What is remembered between two looks at one device. Starts as `{}`. */
export type FreshnessState = {
  /** The newest fix time seen, and since when it has been the newest. */
  readonly newest?: TimeMark
  /** True once the fix time was seen to move: before that the answer may be a last known position. */
  readonly hasAdvanced?: boolean
  /** The last fix time that agreed with the monotonic clock. */
  readonly trusted?: TimeMark
  /** A run of fix times that disagree with `trusted` but agree among themselves. */
  readonly rival?: TimeMark & { readonly agreed: number }
}

/** A fix time may differ this much from the monotonic clock between two looks, plus 1 % of the time between them. */
const JUMP_TOLERANCE_MS = 5000
/** Fixes that waited in a line or a stalled process come late, each with its own time: true, though no longer news. */
const LATE_LIMIT_MS = 60_000
/** A receiver that was set right is believed again after so many fixes that agree among themselves. */
const FIXES_TO_BELIEVE = 10

const PLACE: ReadonlySet<Capability | undefined> = new Set<Capability>([
  'position.lat',
  'position.lon',
  'position.speed',
  'position.course',
  'position.altitude',
  'position.accuracy',
])

const goodValue = (readings: readonly Reading[], capability: Capability): Reading['value'] =>
  readings.find((reading) => reading.capability === capability && reading.quality === 'good')?.value

const agrees = (a: TimeMark, b: TimeMark): boolean => {
  const elapsed = b.steadyAt - a.steadyAt
  return Math.abs(b.time - a.time - elapsed) <= JUMP_TOLERANCE_MS + elapsed / 100
}

const isLate = (trusted: TimeMark, mark: TimeMark): boolean => {
  const lag = lagMs(trusted, mark)
  return lag > 0 && lag <= LATE_LIMIT_MS
}

/** How far a fix time lags behind the monotonic clock since `from`; negative when it runs ahead. */
const lagMs = (from: TimeMark, mark: TimeMark): number => mark.steadyAt - from.steadyAt - (mark.time - from.time)

/** Pure. Follows the fix time; `isJump` while it disagrees with the monotonic clock. */
export function followTime(state: FreshnessState, mark: TimeMark): { state: FreshnessState; isJump: boolean } {
  if (state.newest?.time === mark.time) return { state, isJump: state.rival !== undefined }
  const moved: FreshnessState = {
    newest: mark,
    hasAdvanced: state.newest !== undefined,
    ...(state.trusted === undefined ? {} : { trusted: state.trusted }),
  }
  const { rival, trusted } = state
  if (trusted === undefined || agrees(trusted, mark)) return { state: { ...moved, trusted: mark }, isJump: false }
  // `trusted` stays: the fixes behind a late one are on time again and must not look like a leap ahead.
  if (rival === undefined && mark.time > (state.newest?.time ?? 0) && isLate(trusted, mark))
    return { state: moved, isJump: false }
  const agreed = rival !== undefined && agrees(rival, mark) ? rival.agreed + 1 : 1
  if (agreed >= FIXES_TO_BELIEVE) return { state: { ...moved, trusted: mark }, isJump: false }
  return { state: { ...moved, rival: { ...mark, agreed } }, isJump: true }
}

/** Pure. Does the rule judge these readings: do they hold what it looks at? */
export const isJudgedBy = (rule: FreshnessRule, readings: readonly Reading[]): boolean =>
  readings.some(({ name, capability }) =>
    rule.advances === undefined ? capability === 'position.lat' : name === rule.advances,
  )

/**
 * Pure. Judges the readings of one look at a device's position. A receiver that has no fix, stands still in time,
 * answers 0/0 or jumps does not get a `good` position. `notBefore` is the software's build date: an earlier fix time is
 * a week rollover and is refused as a time, while the position may still be right.
 */
export function judgeFreshness(
  state: FreshnessState,
  readings: readonly Reading[],
  rule: FreshnessRule,
  at: { readonly steadyAt: Millis; readonly notBefore: EpochMs },
): { readonly state: FreshnessState; readonly readings: readonly Reading[] } {
  if (rule.advances === undefined) {
    const doubt = weakness(readings, rule)
    return { state, readings: readings.map((reading) => placed(reading, doubt)) }
  }
  const timeReading = readings.find((reading) => reading.name === rule.advances)
  const time = timeReading?.quality === 'good' ? timeReading.value : undefined
  if (typeof time !== 'number') {
    return { state, readings: readings.map((reading) => placed(reading, noTime(readings))) }
  }
  const followed = followTime(state, { time, steadyAt: at.steadyAt })
  const isOld = time < at.notBefore
  const problem = problemOf(followed.state, readings, rule, at.steadyAt) ?? (followed.isJump ? UNTRUSTED : undefined)
  return {
    state: followed.state,
    readings: readings.map((reading) => {
      if (reading !== timeReading) return placed(reading, problem)
      if (isOld) return without(reading, 'bad', 'range')
      return followed.isJump ? { ...reading, quality: 'uncertain', reason: 'jump' } : reading
    }),
  }
}

type Problem = { readonly quality: 'stale' | 'bad' | 'uncertain'; readonly reason: QualityReason }
const UNTRUSTED: Problem = { quality: 'uncertain', reason: 'jump' }
const NO_FIX: Problem = { quality: 'bad', reason: 'missing' }
const FROZEN: Problem = { quality: 'stale', reason: 'not-advancing' }
const WEAK: Problem = { quality: 'uncertain', reason: 'weak-fix' }

const noTime = (readings: readonly Reading[]): Problem =>
  goodValue(readings, 'position.fix') === 'none' ? NO_FIX : FROZEN

function problemOf(
  state: FreshnessState,
  readings: readonly Reading[],
  rule: FreshnessRule,
  steadyAt: number,
): Problem | undefined {
  if (goodValue(readings, 'position.fix') === 'none') return NO_FIX
  // A receiver that tells its fix is believed at once; one that does not must first be seen to move on.
  if (!hasFixWord(readings) && state.hasAdvanced !== true) return FROZEN
  if (steadyAt - (state.newest?.steadyAt ?? 0) > rule.maxAgeMs) return FROZEN
  return weakness(readings, rule)
}

const hasFixWord = (readings: readonly Reading[]): boolean =>
  readings.some((reading) => reading.capability === 'position.fix')

/** What is wrong with a position whatever its time. */
function weakness(readings: readonly Reading[], rule: FreshnessRule): Problem | undefined {
  const fix = goodValue(readings, 'position.fix')
  if (fix === 'none') return NO_FIX
  const isZero = goodValue(readings, 'position.lat') === 0 && goodValue(readings, 'position.lon') === 0
  if (rule.rejectZero === true && isZero) return { quality: 'bad', reason: 'zero-position' }
  const satellites = goodValue(readings, 'position.satellites')
  const areFew = rule.minSatellites !== undefined && typeof satellites === 'number' && satellites < rule.minSatellites
  if (areFew || (hasFixWord(readings) && fix !== '3d')) return WEAK
  return undefined
}

const without = (reading: Reading, quality: 'bad', reason: QualityReason): Reading => {
  const { value: _, ...rest } = reading
  return { ...rest, quality, reason }
}

function placed(reading: Reading, problem: Problem | undefined): Reading {
  if (problem === undefined || !PLACE.has(reading.capability) || reading.value === undefined) return reading
  if (problem.quality === 'bad') return without(reading, 'bad', problem.reason)
  // Stale outranks uncertain; an already uncertain reading keeps its own, more telling, reason.
  if (reading.quality === 'uncertain' && problem.quality === 'uncertain') return reading
  return { ...reading, quality: problem.quality, reason: problem.reason }
}
