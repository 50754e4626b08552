import type { Frame } from '#contract/frame.ts'
import type { Seq, StreamId } from '#contract/ids.ts'
import { codeOf, WORD_CODES } from './frame-words.ts'
import type { HistoryFrame } from './history.ts'

export const MEASUREMENT = 'frame'

/** Optional readings, by the form their field takes. Names are the contract's. */
const FLOATS = [
  'accuracyM',
  'altitudeM',
  'engineHours',
  'headingDeg',
  'lat',
  'lon',
  'odometerKm',
  'speedKmh',
  'supplyVolt',
] as const satisfies readonly (keyof Frame)[]
const TRUTHS = ['backfill', 'ignition', 'motion'] as const satisfies readonly (keyof Frame)[]

/**
 * Pure. One line of InfluxDB's line protocol, time in microseconds. Ids are of narrow form, so nothing needs escaping;
 * the library's general Point would cost a third of the whole write in the one place where every frame passes.
 *
 * A frame's time is its readAt with three digits of microseconds made of its seq and stream: two frames of the same
 * millisecond stay two, and the same frame written again lands on itself. The stream is no tag: every start of a gateway
 * opens one, and a tag must not grow for ever.
 */
export function lineOf({ gateway, stream, seq, vehicleId, frame }: HistoryFrame): string {
  const vehicle = vehicleId === undefined ? '' : `,vehicle=${vehicleId}`
  let fields = `fix=${codeOf(WORD_CODES.fix, frame.fix)}i,relay=${codeOf(WORD_CODES.relay, frame.relay)}i`
  fields += `,seq=${seq}i,time=${codeOf(WORD_CODES.time, frame.timeQuality)}i`
  fields += `,trust=${codeOf(WORD_CODES.trust, frame.gnssTrust)}i`
  if (frame.satellites !== undefined) fields += `,satellites=${frame.satellites}i`
  for (const name of FLOATS) {
    const value = frame[name]
    if (value !== undefined) fields += `,${name}=${value}`
  }
  for (const name of TRUTHS) {
    const value = frame[name]
    if (value !== undefined) fields += `,${name}=${value}`
  }
  return `${MEASUREMENT},gateway=${gateway}${vehicle} ${fields} ${frame.readAt * 1000 + microsOf(stream, seq)}`
}

const microsOf = (stream: StreamId, seq: Seq): number => (seq + Number.parseInt(stream.slice(0, 8), 16)) % 1000
