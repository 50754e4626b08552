import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import { metresBetween } from './distance.ts'
import type { PastFrame } from './history.ts'
import { isTrusted } from './mileage.ts'
import { UNSEEN_MS } from './span.ts'

/** What else is known of the time: told by the gateway, or by its connection. Each oldest first. */
export type Witness = {
  readonly events: readonly WitnessEvent[]
  readonly connections: readonly { readonly at: EpochMs; readonly online: boolean }[]
  /** When a gateway was in the car; null = it still is. Empty where there never was one. */
  readonly fitted: readonly { readonly from: EpochMs; readonly to: EpochMs | null }[]
  /** When it was one of many cars of a district that fell silent together; null = it has not come back yet. */
  readonly outages: readonly { readonly from: EpochMs; readonly to: EpochMs | null }[]
}

/** `lost`: of when the frames are that it declares lost, where the gateway says so. */
export type WitnessEvent = {
  readonly name: string
  readonly at: EpochMs
  readonly lost?: { readonly since: EpochMs; readonly until: EpochMs } | undefined
}

export const WITNESS_EVENTS = ['gateway-started', 'power-cut', 'gap', 'frames-thinned', 'clock-ahead'] as const

/** Why nobody knows where the vehicle was, as far as the data tell. */
export type BlankCause =
  | 'gateway-off'
  | 'thinned'
  | 'clock-wrong'
  | 'no-gateway'
  | 'area-outage'
  | 'no-contact'
  | 'jammed'
  | 'deceived'
  | 'no-fix'
  | 'unknown'
export const BLANK_CAUSES = [
  'gateway-off',
  'thinned',
  'clock-wrong',
  'no-gateway',
  'area-outage',
  'no-contact',
  'jammed',
  'deceived',
  'no-fix',
  'unknown',
] as const satisfies readonly BlankCause[]

export type Blank = {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly cause: BlankCause
  /** Straight line between the places before and after; null where one of them is unknown. */
  readonly apartM: number | null
}

/** A parked gateway speaks every ten minutes: less than this is no silence. */
const SILENCE_MS = 15 * 60_000
/** How soon after it comes back a gateway tells why it was away. */
const TELLS_WITHIN_MS = 10 * 60_000

/**
 * Pure. The times for which the place is unknown, of frames of one line, oldest first, within the range asked for:
 * silences of 15 min and more, and five minutes and more of frames without a trusted place.
 */
export function blanksOf(
  frames: readonly PastFrame[],
  range: { readonly from: EpochMs; readonly to: EpochMs },
  witness: Witness,
): readonly Blank[] {
  const silences = silencesOf(frames, range, witness)
  const blind = blindStretchesOf(frames)
  return [...silences, ...blind].sort((a, b) => a.from - b.from || a.to - b.to)
}

function silencesOf(
  frames: readonly PastFrame[],
  range: { readonly from: EpochMs; readonly to: EpochMs },
  witness: Witness,
): readonly Blank[] {
  const blanks: Blank[] = []
  for (let index = 0; index <= frames.length; index += 1) {
    const [before, after] = [frames[index - 1], frames[index]]
    const from = before?.readAt ?? range.from
    const to = after?.readAt ?? range.to
    if (to - from < SILENCE_MS) continue
    // A gateway reads before it is claimed: only where nothing was heard before is the time before its claim one without it.
    const known = before === undefined ? witness : { ...witness, fitted: sinceEver(witness.fitted) }
    blanks.push({ from, to, cause: causeOfSilence(from, to, known), apartM: apart(before, after) })
  }
  return blanks
}

/** A start tells of an end before it; a declared gap of numbers never to come; a lost connection of data still to come. */
function causeOfSilence(from: EpochMs, to: EpochMs, witness: Witness): BlankCause {
  const { events, connections, outages, fitted } = witness
  const told = (name: (typeof WITNESS_EVENTS)[number], since: EpochMs, until: EpochMs) =>
    events.some(({ name: told, at, lost }) => told === name && lost === undefined && at >= since && at <= until)
  // It did speak then; what it said stands at another time.
  if (told('clock-ahead', from, to)) return 'clock-wrong'
  if (fitted.length > 0 && isUnfitted(from, to, fitted)) return 'no-gateway'
  const back = later(to, TELLS_WITHIN_MS)
  if (told('gateway-started', from, back)) return 'gateway-off'
  if (told('power-cut', later(from, -TELLS_WITHIN_MS), to)) return 'gateway-off'
  if (events.some(({ lost }) => lost !== undefined && lost.since < to && lost.until > from)) return 'thinned'
  if (told('gap', from, back) || told('frames-thinned', from, back)) return 'thinned'
  // Begun near the silence: an outage of a day may not explain an hour that began in the middle of it.
  const isOfMany = outages.some(
    (outage) => outage.from <= to && outage.from >= from - TELLS_WITHIN_MS && (outage.to ?? to) >= from,
  )
  if (isOfMany) return 'area-outage'
  const before = connections.findLast(({ at }) => at <= from)
  const away = before?.online === false || connections.some(({ at, online }) => !online && at > from && at <= to)
  return away ? 'no-contact' : 'unknown'
}

const sinceEver = ([first, ...rest]: Witness['fitted']): Witness['fitted'] =>
  first === undefined ? [] : [{ ...first, from: epochMs(0) }, ...rest]

/** Was there no gateway in the car at the end of the time, or for most of it? */
function isUnfitted(from: EpochMs, to: EpochMs, fitted: Witness['fitted']): boolean {
  if (!fitted.some((one) => one.from <= to && (one.to === null || one.to >= to))) return true
  let length = 0
  for (const one of fitted) length += Math.max(0, Math.min(one.to ?? to, to) - Math.max(one.from, from))
  return length * 2 < to - from
}

function blindStretchesOf(frames: readonly PastFrame[]): readonly Blank[] {
  const blanks: Blank[] = []
  let first = -1
  for (let index = 0; index <= frames.length; index += 1) {
    const frame = frames[index]
    if (frame !== undefined && !isTrusted(frame)) {
      if (first < 0) first = index
      continue
    }
    if (first >= 0) blanks.push(...blindStretch(frames, first, index))
    first = -1
  }
  return blanks
}

/** From the first frame without a trusted place to the next one that has it; silences inside are told apart from it. */
function blindStretch(frames: readonly PastFrame[], first: number, end: number): readonly Blank[] {
  const part = frames.slice(first, end)
  const from = part[0]?.readAt
  const to = frames[end]?.readAt ?? part.at(-1)?.readAt
  if (from === undefined || to === undefined || to - from < UNSEEN_MS) return []
  const trusts = new Set(part.map(({ trust }) => trust))
  const cause = trusts.has('jammed') ? 'jammed' : trusts.has('suspect') ? 'deceived' : 'no-fix'
  return [{ from, to, cause, apartM: apart(frames[first - 1], frames[end]) }]
}

const apart = (before: PastFrame | undefined, after: PastFrame | undefined): number | null =>
  before === undefined || after === undefined || !isTrusted(before) || !isTrusted(after)
    ? null
    : Math.round(metresBetween(before.position, after.position))
