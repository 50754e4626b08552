import type { Seq, StreamId } from '#contract/ids.ts'
import { codeOf, WORD_CODES } from './frame-words.ts'
import type { HistoryFrame } from './history.ts'

export const MEASUREMENT = 'frame'

const field = (name: string, value: number | boolean | undefined): string => (value === undefined ? '' : name + value)

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
  // One by one, since a name that is looked up costs more than what stands under it. Names are the contract's.
  fields += field(',accuracyM=', frame.accuracyM) + field(',altitudeM=', frame.altitudeM)
  fields += field(',engineHours=', frame.engineHours) + field(',headingDeg=', frame.headingDeg)
  fields += field(',lat=', frame.lat) + field(',lon=', frame.lon) + field(',odometerKm=', frame.odometerKm)
  fields += field(',speedKmh=', frame.speedKmh) + field(',supplyVolt=', frame.supplyVolt)
  fields += field(',backfill=', frame.backfill) + field(',ignition=', frame.ignition) + field(',motion=', frame.motion)
  return `${MEASUREMENT},gateway=${gateway}${vehicle} ${fields} ${frame.readAt * 1000 + microsOf(stream, seq)}`
}

const microsOf = (stream: StreamId, seq: Seq): number => (seq + Number.parseInt(stream.slice(0, 8), 16)) % 1000
