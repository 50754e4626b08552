import type { EpochMs } from '#contract/instant.ts'

/** A position whose place and time are good; `speedKmh` where the receiver says it. */
export type Step = {
  readonly lat: number
  readonly lon: number
  readonly time: EpochMs
  readonly speedKmh?: number
  readonly accuracyM?: number
}

/** Metres driven, and where counting goes on from. Metres only ever rise. */
export type Odometer = { readonly metres: number; readonly anchor?: Step }

/** Below this a receiver's own speed is the noise of standing still. */
const MOVING_KMH = 2.5
/** Without a reported speed, a displacement below this is noise, whatever the receiver says of its accuracy. */
const LEAST_STEP_M = 4
/** A silence this long with a displacement this large was a drive, though no fix of it shows speed: a tunnel. */
const GAP_MS = 5000
const GAP_STEP_M = 50
/** A hop faster than this was not driven: it is left out, and counting goes on from where it ended. */
const FASTEST_M_PER_S = 200 / 3.6
const HOP_SLACK_M = 10

const RADIAN = Math.PI / 180
const EQUATOR_M = 6_378_137
const ECCENTRICITY_2 = 0.006_694_379_990_14

/** Pure. Metres between two near positions on the WGS84 ellipsoid: by its two radii of curvature, 1e-5 up to 50 km. */
export function segmentMetres(from: { lat: number; lon: number }, to: { lat: number; lon: number }): number {
  const middle = ((from.lat + to.lat) / 2) * RADIAN
  const root = 1 - ECCENTRICITY_2 * Math.sin(middle) ** 2
  const north = (EQUATOR_M * (1 - ECCENTRICITY_2)) / root ** 1.5
  const east = (EQUATOR_M / Math.sqrt(root)) * Math.cos(middle)
  const turn = ((((to.lon - from.lon + 540) % 360) + 360) % 360) - 180
  return Math.hypot(north * (to.lat - from.lat) * RADIAN, east * turn * RADIAN)
}

/**
 * Pure. Counts one position. Nothing is counted with the ignition off, nor while the receiver merely wanders: a car
 * moves when its speed says so or, without a speed, when it has left the circle of its error.
 */
export function drive(odometer: Odometer, step: Step, ignition: 'on' | 'off' | 'unknown'): Odometer {
  const { anchor, metres } = odometer
  if (anchor === undefined || ignition === 'off') return { metres, anchor: step }
  if (step.time <= anchor.time) return odometer
  const length = segmentMetres(anchor, step)
  const elapsed = step.time - anchor.time
  if (length > HOP_SLACK_M + (FASTEST_M_PER_S * elapsed) / 1000) return { metres, anchor: step }
  if (moved(length, elapsed, step)) return { metres: metres + length, anchor: step }
  // With a speed that says "standing" the place may follow its wander; without one it must be left to be believed.
  return step.speedKmh === undefined ? odometer : { metres, anchor: step }
}

function moved(length: number, elapsed: number, step: Step): boolean {
  const error = step.accuracyM ?? 0
  if (step.speedKmh === undefined) return length > Math.max(LEAST_STEP_M, error)
  return step.speedKmh >= MOVING_KMH || (elapsed > GAP_MS && length > Math.max(GAP_STEP_M, 2 * error))
}
