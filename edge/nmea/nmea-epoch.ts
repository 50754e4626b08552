import { instantOf } from '../profile/date-time.ts'
import type { NmeaSentence } from './nmea-sentence.ts'

/** What a receiver said about one moment. Position, speed and the rest are there only while it has a fix. */
export type NmeaFix = {
  readonly fix: 'none' | '2d' | '3d'
  /** Milliseconds since 1970, when both date and time of day are known. */
  readonly time?: number
  readonly lat?: number
  readonly lon?: number
  readonly speedKmh?: number
  readonly courseDeg?: number
  readonly altitudeM?: number
  readonly satellites?: number
  readonly hdop?: number
  /** Where the receiver tells one itself; NMEA 0183 does not. */
  readonly accuracyM?: number
}

/** The moment being assembled, and what carries over to the next. Starts as `{ sentences: [] }`. */
export type EpochState = {
  readonly sentences: readonly NmeaSentence[]
  readonly date?: NonNullable<NmeaSentence['date']>
  readonly dateAtMs?: number
  /** GSA has no time and may come before or after the sentences it belongs to. */
  readonly gsa?: 'none' | '2d' | '3d'
}

const CARRIES_FIX: ReadonlySet<string> = new Set(['RMC', 'GGA', 'GNS', 'GLL'])
/** More sentences than any receiver sends in one moment: a void receiver without a clock must not fill the memory. */
const MAX_SENTENCES = 64

const timeOf = (sentences: readonly NmeaSentence[]): number | undefined =>
  sentences.find((one) => CARRIES_FIX.has(one.type) && one.timeOfDayMs !== undefined)?.timeOfDayMs

/** A new moment begins with another time of day, or, while the receiver has no time, with a type seen already. */
function beginsNew(sentences: readonly NmeaSentence[], next: NmeaSentence): boolean {
  if (sentences.length >= MAX_SENTENCES) return true
  if (!CARRIES_FIX.has(next.type)) return false
  const time = timeOf(sentences)
  if (time !== undefined && next.timeOfDayMs !== undefined) return time !== next.timeOfDayMs
  return sentences.some((one) => one.type === next.type && one.talker === next.talker)
}

/** Pure. Takes one sentence; `fix` is the moment that it completed, if it did. */
export function takeSentence(
  state: EpochState,
  sentence: NmeaSentence,
): { readonly state: EpochState; readonly fix?: NmeaFix } {
  if (!beginsNew(state.sentences, sentence)) return { state: remember(state, sentence) }
  const done = finishEpoch(state)
  return { ...done, state: remember(done.state, sentence) }
}

/** Pure. Ends the moment: the line has been quiet, so no more of it will come. */
export function finishEpoch(state: EpochState): { readonly state: EpochState; readonly fix?: NmeaFix } {
  const { sentences, ...carried } = state
  const emptied: EpochState = { ...carried, sentences: [] }
  return sentences.some((one) => CARRIES_FIX.has(one.type)) ? { state: emptied, fix: fixOf(state) } : { state: emptied }
}

const RANK = { none: 0, '2d': 1, '3d': 2 } as const

function remember(state: EpochState, sentence: NmeaSentence): EpochState {
  const isFirstGsa = !state.sentences.some((one) => one.type === 'GSA')
  // Several GSA of one moment, one a system, agree or leave each other out: the best word counts.
  const known = isFirstGsa ? 'none' : (state.gsa ?? 'none')
  const gsa = sentence.fix === undefined ? state.gsa : RANK[sentence.fix] > RANK[known] ? sentence.fix : known
  const dateAtMs = sentence.timeOfDayMs ?? timeOf(state.sentences)
  return {
    ...state,
    sentences: [...state.sentences, sentence],
    ...(gsa === undefined ? {} : { gsa }),
    ...(sentence.date === undefined || dateAtMs === undefined ? {} : { date: sentence.date, dateAtMs }),
  }
}

function fixOf(state: EpochState): NmeaFix {
  const placing = state.sentences.filter((one) => CARRIES_FIX.has(one.type))
  const time = instantOfEpoch(state)
  const timed = time === undefined ? {} : { time }
  const satellites = pick(placing, 'satellites')
  const counted = satellites === undefined ? {} : { satellites }
  // One sentence that calls its position void is enough to doubt the moment.
  const isFixed = placing.length > 0 && placing.every((one) => one.isValid === true)
  const best = placing.find((one) => one.type === 'GGA' || one.type === 'GNS') ?? placing[0]
  if (!isFixed || best?.lat === undefined || best.lon === undefined) return { fix: 'none', ...timed, ...counted }
  const facts = {
    speedKmh: pick(state.sentences, 'speedKmh'),
    courseDeg: pick(state.sentences, 'courseDeg'),
    altitudeM: pick(placing, 'altitudeM'),
    hdop: pick(placing, 'hdop'),
  }
  return {
    fix: dimension(state, facts.altitudeM),
    ...timed,
    lat: best.lat,
    lon: best.lon,
    ...counted,
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
  }
}

/**
 * GSA says it; a receiver that sends none proves three dimensions by an altitude. A GSA that still says "no fix" was
 * overtaken by the fix itself and does not make it a good one.
 */
function dimension(state: EpochState, altitudeM: number | undefined): '2d' | '3d' {
  if (state.gsa !== undefined) return state.gsa === '3d' ? '3d' : '2d'
  return altitudeM === undefined ? '2d' : '3d'
}

const pick = (
  sentences: readonly NmeaSentence[],
  key: 'speedKmh' | 'courseDeg' | 'altitudeM' | 'satellites' | 'hdop',
): number | undefined => sentences.find((one) => one[key] !== undefined)?.[key]

/** A moment without a date of its own takes the last one told, unless midnight has passed since. */
function instantOfEpoch(state: EpochState): number | undefined {
  const timeOfDayMs = timeOf(state.sentences)
  const { date, dateAtMs } = state
  if (timeOfDayMs === undefined || date === undefined || dateAtMs === undefined || timeOfDayMs < dateAtMs) {
    return undefined
  }
  const midnight = instantOf([date.year, date.month, date.day])
  return midnight === undefined ? undefined : midnight + timeOfDayMs
}
