import type { Frame } from '#contract/frame.ts'
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
 * A frame's time is its readAt with the last three digits of its seq as microseconds: two frames of one stream with the
 * same millisecond stay two, and the same frame written again lands on itself.
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
  return `${MEASUREMENT},gateway=${gateway},stream=${stream}${vehicle} ${fields} ${frame.readAt * 1000 + (seq % 1000)}`
}
