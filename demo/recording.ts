import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { GpsFix } from './gps-fix.ts'
import { dateMs, sentencesOf, shiftedSentence, sinceMidnightMs } from './nmea-text.ts'
import { courseDeg, distanceM, type Position } from './position.ts'

/** One moment of a recorded drive. Without a position the receiver had no fix then. */
export type RecordedMoment = {
  readonly offsetMs: number
  readonly position?: Position
  readonly speedKmh: number
  readonly courseDeg: number
  /** What the receiver sends when this moment is played at `at`. */
  sentencesAt(at: EpochMs): readonly string[]
}

export type Recording = { readonly moments: readonly RecordedMoment[]; readonly lengthMs: number }

type CsvFix = { readonly at: number; readonly position: Position }

/** Pure. The fixes of one id of a trace file (`id,time,lat,lon,…`), in the file's order. Throws when there is none. */
export function recordingFromCsv(text: string, id: string): Recording {
  const fixes = text
    .split('\n')
    .map((line) => line.split(','))
    .filter((cells) => cells[0] === id)
    .map(
      ([, time = '', lat, lon]): CsvFix => ({ at: Date.parse(time), position: { lat: Number(lat), lon: Number(lon) } }),
    )
  const first = fixes[0]
  if (first === undefined) throw new Error(`no fix of ${id} in the recording`)
  return recordingOf(
    fixes.map((fix, index) => momentOf(fix, fixes[index - 1] ?? fix, fixes[index + 1] ?? fix, first.at)),
  )
}

const recordingOf = (moments: readonly RecordedMoment[]): Recording => ({
  moments,
  lengthMs: moments.at(-1)?.offsetMs ?? 0,
})

/** Fixes further apart say nothing of the speed at either of them. */
const SPEED_STEP_MS = 3000

/**
 * The traces hold positions only. A receiver also says speed and course, so these are taken from the fixes right before
 * and after: the mean a receiver shows over two seconds; beside a pause of the recording, from the side that is near.
 */
function momentOf(fix: CsvFix, before: CsvFix, after: CsvFix, startAt: number): RecordedMoment {
  const near = [
    { from: before, to: fix },
    { from: fix, to: after },
  ].filter(({ from, to }) => to.at - from.at <= SPEED_STEP_MS)
  const seconds = near.reduce((sum, { from, to }) => sum + (to.at - from.at) / 1000, 0)
  const metres = near.reduce((sum, { from, to }) => sum + distanceM(from.position, to.position), 0)
  return csvMoment(
    fix.at - startAt,
    fix.position,
    seconds > 0 ? (metres / seconds) * 3.6 : 0,
    courseDeg(before.position, after.position),
  )
}

function csvMoment(offsetMs: number, position: Position, speedKmh: number, course: number): RecordedMoment {
  const fixAt = (at: EpochMs): GpsFix => receiverFix(at, position, speedKmh, course)
  return { offsetMs, position, speedKmh, courseDeg: course, sentencesAt: (at) => sentencesOf(fixAt(at)) }
}

/** A fix of a receiver under open sky. */
export const receiverFix = (at: EpochMs, position: Position, speedKmh: number, course: number): GpsFix => ({
  at,
  position,
  speedKmh,
  courseDeg: course,
  satellites: 10,
  hdop: 0.9,
  altitudeM: 150,
})

/**
 * Pure. The same drive played backwards, so that a replayed car comes back to where it set out instead of jumping
 * there. Works for recordings whose every moment has a position.
 */
export const reversed = (recording: Recording): Recording =>
  recordingOf(
    recording.moments
      .toReversed()
      .flatMap((moment) =>
        moment.position === undefined
          ? []
          : [
              csvMoment(
                recording.lengthMs - moment.offsetMs,
                moment.position,
                moment.speedKmh,
                (moment.courseDeg + 180) % 360,
              ),
            ],
      ),
  )

/** Pure. A receiver's log, second by second, each sentence as recorded but for its time. Throws without a dated RMC. */
export function recordingFromNmea(text: string): Recording {
  const seconds: string[][] = []
  let current: string | undefined
  for (const line of text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each.startsWith('$'))) {
    const time = /^\$..(?:RMC|GGA|ZDA),(\d[^,]*),/.exec(line)?.[1]
    const opens = seconds.length === 0 || (time !== undefined && current !== undefined && time !== current)
    if (opens) seconds.push([])
    seconds.at(-1)?.push(line)
    current = time ?? current
  }
  const startAt = seconds.map(timeOfSecond).find((at) => at !== undefined)
  if (startAt === undefined) throw new Error('no RMC with a date in the log')
  return recordingOf(seconds.flatMap((lines) => nmeaMoment(lines, startAt)))
}

const rmcFields = (lines: readonly string[]): readonly string[] =>
  lines.find((line) => line.slice(3, 6) === 'RMC')?.split(',') ?? []

function timeOfSecond(lines: readonly string[]): number | undefined {
  const [, time = '', , , , , , , , date = ''] = rmcFields(lines)
  return time === '' || date === '' ? undefined : dateMs(date) + sinceMidnightMs(time)
}

function nmeaMoment(lines: readonly string[], startAt: number): RecordedMoment[] {
  const recordedAt = timeOfSecond(lines)
  if (recordedAt === undefined) return []
  const [, , status, lat = '', northSouth, lon = '', eastWest, knots = '', course = ''] = rmcFields(lines)
  const moment = {
    offsetMs: recordedAt - startAt,
    speedKmh: Number(knots) * 1.852,
    courseDeg: Number(course),
    sentencesAt: (at: EpochMs) => lines.map((line) => shiftedSentence(line, at - recordedAt)),
  }
  if (status !== 'A') return [moment]
  const position = {
    lat: degrees(lat, 2) * (northSouth === 'S' ? -1 : 1),
    lon: degrees(lon, 3) * (eastWest === 'W' ? -1 : 1),
  }
  return [{ ...moment, position }]
}

const degrees = (field: string, digits: number): number =>
  Number(field.slice(0, digits)) + Number(field.slice(digits)) / 60

/** Pure. When the moment is played, the first one being played at `startAt`. */
export const playedAt = (moment: RecordedMoment, startAt: EpochMs): EpochMs => epochMs(startAt + moment.offsetMs)
