import { Fix, type Frame, GnssTrust, RelayWord, TimeQuality } from './frame.ts'
import type { BatchEnvelope } from './record.ts'

/**
 * The quick half of parsing what nearly every message is. Yes means that the schema accepts the very same value; no means
 * nothing at all: the schema decides then, and names the reason. A property test holds the two together.
 */

type Fields = { readonly [key: string]: unknown }

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most
const isWord = (words: readonly unknown[], value: unknown): boolean => words.includes(value)

function isPlainField(key: string, value: unknown): boolean {
  switch (key) {
    case 'kind':
      return value === 'frame'
    case 'readAt':
      return Number.isSafeInteger(value)
    case 'timeQuality':
      return isWord(TimeQuality.options, value)
    case 'lat':
      return isBetween(value, -90, 90)
    case 'lon':
      return isBetween(value, -180, 180)
    case 'accuracyM':
      return isBetween(value, 0, 100_000)
    case 'satellites':
      return Number.isInteger(value) && isBetween(value, 0, 255)
    case 'fix':
      return isWord(Fix.options, value)
    case 'speedKmh':
      return isBetween(value, 0, 500)
    case 'headingDeg':
      return isBetween(value, 0, 360)
    case 'altitudeM':
      return isBetween(value, -1000, 20_000)
    case 'odometerKm':
      return isBetween(value, 0, 10_000_000)
    case 'engineHours':
      return isBetween(value, 0, 1_000_000)
    case 'supplyVolt':
      return isBetween(value, 0, 100)
    case 'ignition':
    case 'motion':
    case 'backfill':
      return typeof value === 'boolean'
    case 'gnssTrust':
      return isWord(GnssTrust.options, value)
    case 'relay':
      return isWord(RelayWord.options, value)
    default:
      return false
  }
}

const isFields = (candidate: unknown): candidate is Fields =>
  typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate)

const REQUIRED = ['kind', 'readAt', 'timeQuality', 'fix', 'gnssTrust', 'relay'] as const

/** Pure. Sure to be a frame, of data that came from JSON. */
export function isPlainFrame(candidate: unknown): candidate is Frame {
  if (!isFields(candidate)) return false
  for (const key in candidate) if (!isPlainField(key, candidate[key])) return false
  for (const key of REQUIRED) if (candidate[key] === undefined) return false
  return (candidate['lat'] === undefined) === (candidate['lon'] === undefined)
}

/** As gateways write it; the schema knows other spellings too. */
const STREAM = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

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
    STREAM.test(stream) &&
    Number.isSafeInteger(firstSeq) &&
    isBetween(firstSeq, 1, Number.MAX_SAFE_INTEGER) &&
    Array.isArray(records) &&
    records.length > 0 &&
    records.length <= mostRecords
  )
}
