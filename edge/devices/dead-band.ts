import type { Frame } from '#contract/frame.ts'

/** Changes of a slow value smaller than this are not worth their bytes: a repeated value costs none. */
const BANDS = {
  engineHours: 0.1,
  satellites: 2,
  accuracyM: 3,
  altitudeM: 5,
  supplyVolt: 0.3,
} as const satisfies Partial<Record<keyof Frame, number>>
type Banded = keyof typeof BANDS

/** Below this a receiver's speed is its noise; below the second its course is. */
const SPEED_NOISE_KMH = 1
const COURSE_NOISE_KMH = 3
/** Few satellites are news by themselves. */
const FEW = 6
const HOUR_MS = 3_600_000

/**
 * Pure. The frame with the last one's slow values where they hardly differ, no speed where it is noise, and the last
 * course while there is none. Whole and exact are: the first frame of an hour (so of a day, whatever the zone), both sides
 * of an ignition or relay edge. The odometer is exact in every frame: what money is counted by is not rounded away.
 */
export function steadied(next: Frame, last: Frame | undefined): Frame {
  const frame = { ...next, ...quieted(next, last) }
  if (last === undefined || isMark(next, last)) return frame
  for (const name of Object.keys(BANDS) as Banded[]) {
    const [value, before] = [next[name], last[name]]
    if (value === undefined || before === undefined || Math.abs(value - before) > BANDS[name] - 1e-6) continue
    if (name === 'satellites' && (value < FEW || before < FEW)) continue
    frame[name] = before
  }
  return frame
}

const isMark = (next: Frame, last: Frame): boolean =>
  next.ignition !== last.ignition ||
  next.relay !== last.relay ||
  Math.floor(next.readAt / HOUR_MS) !== Math.floor(last.readAt / HOUR_MS)

function quieted({ speedKmh, headingDeg }: Frame, last: Frame | undefined): Partial<Frame> {
  if (speedKmh === undefined) return {}
  const speed = speedKmh < SPEED_NOISE_KMH ? { speedKmh: 0 } : {}
  const course = last?.headingDeg
  const isNoise = speedKmh < COURSE_NOISE_KMH && headingDeg !== undefined && course !== undefined
  return isNoise ? { ...speed, headingDeg: course } : speed
}
