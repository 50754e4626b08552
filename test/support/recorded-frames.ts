import { type Frame, roundFrame } from '#contract/frame.ts'
import { epochMs } from '#contract/instant.ts'
import { steadied } from '../../edge/devices/dead-band.ts'
import { readTrace, type TraceRow } from './trace.ts'

/** A recorded drive as the frames a gateway makes of it, in order of time, every fix once. */
export type RecordedDrive = { readonly name: string; readonly frames: readonly Frame[] }

const DEGREE_M = 111_195

/** Metres between two places, on a plane: for fixes a few seconds apart. */
export const apartM = (a: Frame, b: Frame): number =>
  Math.hypot(
    ((b.lat ?? 0) - (a.lat ?? 0)) * DEGREE_M,
    ((b.lon ?? 0) - (a.lon ?? 0)) * DEGREE_M * Math.cos(((a.lat ?? 0) * Math.PI) / 180),
  )

/** Speed and course come from the row or, where the source has none, from the fix before. Odometer and hours run on. */
function framesOf(rows: readonly TraceRow[]): readonly Frame[] {
  const frames: Frame[] = []
  let metres = 48_211_000
  for (const row of rows) {
    const { lat, lon } = row
    const last = frames.at(-1)
    if (lat === undefined || lon === undefined || (last !== undefined && row.time <= last.readAt)) continue
    const place = { ...(last ?? ({} as Frame)), lat, lon }
    const step = last === undefined ? 0 : apartM(last, place)
    const seconds = last === undefined ? 1 : (row.time - last.readAt) / 1000
    const course =
      last === undefined
        ? 0
        : (Math.atan2((lon - (last.lon ?? lon)) * Math.cos((lat * Math.PI) / 180), lat - (last.lat ?? lat)) * 180) /
          Math.PI
    metres += step
    frames.push(
      roundFrame({
        kind: 'frame',
        readAt: epochMs(row.time),
        timeQuality: 'gnss',
        lat,
        lon,
        fix: '3d',
        satellites: row.satellites ?? 9,
        speedKmh: Math.min(500, row.speedKmh ?? (3.6 * step) / seconds),
        headingDeg: row.courseDeg ?? (step < 1 ? (last?.headingDeg ?? 0) : (course + 360) % 360),
        ignition: true,
        odometerKm: metres / 1000,
        engineHours: 1204 + (row.time - (frames[0]?.readAt ?? row.time)) / 3_600_000,
        gnssTrust: 'ok',
        relay: 'closed',
      }),
    )
  }
  return frames
}

/** Every drive of a recording, or those of at least `least` fixes. */
export const recordedDrives = (file: Parameters<typeof readTrace>[0], least = 100): readonly RecordedDrive[] =>
  [...readTrace(file)]
    .map(([id, rows]) => ({ name: `${file} ${id}`, frames: framesOf(rows) }))
    .filter(({ frames }) => frames.length >= least)

/** The frames a car makes that reports every `everyMs` only, with slow values as the gateway steadies them. */
export function thinnedTo(frames: readonly Frame[], everyMs: number): readonly Frame[] {
  let next = Number.NEGATIVE_INFINITY
  const taken: Frame[] = []
  for (const frame of frames) {
    if (frame.readAt < next) continue
    next = frame.readAt + everyMs
    taken.push(steadied(frame, taken.at(-1)))
  }
  return taken
}
