import { Fix, type Frame, GnssTrust, RelayWord, TimeQuality } from './frame.ts'
import { LAST_FIRST_SEQ } from './ids.ts'
import { LAST_TOLD_MS } from './instant.ts'
import type { BatchEnvelope } from './record.ts'

/**
 * The quick half of parsing what nearly every message is. Yes means that the schema accepts the very same value; no means
 * nothing at all: the schema decides then, and names the reason. A property test holds the two together.
 */

type Fields = { readonly [key: string]: unknown }

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most

// How many fields it is: one that is absent is none, and a wrong one spoils every sum.
const reading = (value: unknown, least: number, most: number): number =>
  value === undefined ? 0 : isBetween(value, least, most) ? 1 : Number.NaN
const whole = (value: unknown, least: number, most: number): number =>
  value === undefined ? 0 : Number.isInteger(value) && isBetween(value, least, most) ? 1 : Number.NaN
const truth = (value: unknown): number => (value === undefined ? 0 : typeof value === 'boolean' ? 1 : Number.NaN)
const word = (words: readonly unknown[], value: unknown): number => (words.includes(value) ? 1 : Number.NaN)

const isFields = (candidate: unknown): candidate is Fields =>
  typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate)

/** Pure. Sure to be a frame, of data that came from JSON. */
export function isPlainFrame(candidate: unknown): candidate is Frame {
  if (!isFields(candidate)) return false
  const { kind, readAt, lat, lon } = candidate
  if (kind !== 'frame' || whole(readAt, 0, LAST_TOLD_MS) !== 1 || (lat === undefined) !== (lon === undefined))
    return false
  const known =
    2 +
    word(TimeQuality.options, candidate['timeQuality']) +
    word(Fix.options, candidate['fix']) +
    word(GnssTrust.options, candidate['gnssTrust']) +
    word(RelayWord.options, candidate['relay']) +
    reading(lat, -90, 90) +
    reading(lon, -180, 180) +
    reading(candidate['accuracyM'], 0, 100_000) +
    whole(candidate['satellites'], 0, 255) +
    reading(candidate['speedKmh'], 0, 500) +
    reading(candidate['headingDeg'], 0, 360) +
    reading(candidate['altitudeM'], -1000, 20_000) +
    reading(candidate['odometerKm'], 0, 10_000_000) +
    reading(candidate['engineHours'], 0, 1_000_000) +
    reading(candidate['supplyVolt'], 0, 100) +
    truth(candidate['ignition']) +
    truth(candidate['motion']) +
    truth(candidate['backfill'])
  let keys = 0
  for (const _ in candidate) keys += 1
  return keys === known
}

/** As gateways write it; the schema knows other spellings too. */
export const PLAIN_STREAM = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Pure. Sure to be the envelope of a batch, of data that came from JSON. */
export function isPlainEnvelope(candidate: unknown, mostRecords: number): candidate is BatchEnvelope {
  if (!isFields(candidate)) return false
  const { v, stream, firstSeq, records } = candidate
  let keys = 0
  for (const _ in candidate) keys += 1
  return (
    keys === 4 &&
    v === 1 &&
    typeof stream === 'string' &&
    PLAIN_STREAM.test(stream) &&
    Number.isSafeInteger(firstSeq) &&
    isBetween(firstSeq, 1, LAST_FIRST_SEQ) &&
    Array.isArray(records) &&
    records.length > 0 &&
    records.length <= mostRecords
  )
}
