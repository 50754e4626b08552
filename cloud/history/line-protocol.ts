import type { Seq, StreamId } from '#contract/ids.ts'
import { codeOf, WORD_CODES } from './frame-words.ts'
import type { HistoryFrame } from './history.ts'
import { createLineWriter, type LineWriter } from './line-writer.ts'

export const MEASUREMENT = 'frame'

/**
 * Pure. Lines of InfluxDB's line protocol, each with its end, time in microseconds. Ids are of narrow form, so nothing needs
 * escaping; the library's general Point would cost a third of the whole write in the one place where every frame passes.
 *
 * A frame's time is its readAt with three digits of microseconds made of its seq and stream: two frames of the same
 * millisecond stay two, and the same frame written again lands on itself. The stream is no tag: every start of a gateway
 * opens one, and a tag must not grow for ever.
 */
export function linesOf(frames: readonly HistoryFrame[]): Uint8Array {
  const writer = createLineWriter(frames.length * LINE_BYTES)
  for (const frame of frames) writeLine(writer, frame)
  return writer.bytes()
}

/** With most of its fields. */
const LINE_BYTES = 400

function writeLine(writer: LineWriter, { gateway, stream, seq, vehicleId, frame }: HistoryFrame): void {
  writer.text(`${MEASUREMENT},gateway=`)
  writer.text(gateway)
  if (vehicleId !== undefined) {
    writer.text(',vehicle=')
    writer.text(vehicleId)
  }
  whole(writer, ' fix=', codeOf(WORD_CODES.fix, frame.fix))
  whole(writer, ',relay=', codeOf(WORD_CODES.relay, frame.relay))
  whole(writer, ',seq=', seq)
  whole(writer, ',timeQuality=', codeOf(WORD_CODES.time, frame.timeQuality))
  whole(writer, ',trust=', codeOf(WORD_CODES.trust, frame.gnssTrust))
  if (frame.satellites !== undefined) whole(writer, ',satellites=', frame.satellites)
  // One by one, since a name that is looked up costs more than what stands under it. Names are the contract's.
  reading(writer, ',accuracyM=', frame.accuracyM)
  reading(writer, ',altitudeM=', frame.altitudeM)
  reading(writer, ',engineHours=', frame.engineHours)
  reading(writer, ',headingDeg=', frame.headingDeg)
  reading(writer, ',lat=', frame.lat)
  reading(writer, ',lon=', frame.lon)
  reading(writer, ',odometerKm=', frame.odometerKm)
  reading(writer, ',speedKmh=', frame.speedKmh)
  reading(writer, ',supplyVolt=', frame.supplyVolt)
  reading(writer, ',backfill=', frame.backfill)
  reading(writer, ',ignition=', frame.ignition)
  reading(writer, ',motion=', frame.motion)
  writer.text(' ')
  writer.number(frame.readAt * 1000 + microsOf(stream, seq))
  writer.text('\n')
}

function whole(writer: LineWriter, name: string, value: number): void {
  writer.text(name)
  writer.number(value)
  writer.text('i')
}

function reading(writer: LineWriter, name: string, value: number | boolean | undefined): void {
  if (value === undefined) return
  writer.text(name)
  if (typeof value === 'number') writer.number(value)
  else writer.text(value ? 'true' : 'false')
}

const microsOf = (stream: StreamId, seq: Seq): number => (seq + Number.parseInt(stream.slice(0, 8), 16)) % 1000
