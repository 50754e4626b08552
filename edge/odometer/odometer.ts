import type { EpochMs } from '#contract/instant.ts'

/** A position whose place and time are good; `speedKmh` where the receiver says it. */
export type Step = {
  readonly lat: number
  readonly lon: number
  readonly time: EpochMs
  readonly speedKmh?: number
  readonly accuracyM?: number
}

/**
 * Metres driven, the place up to which they are counted, and the positions of the last minute since then: a crawl if
 * the car then sets off, a wandering receiver if it does not. Metres only ever rise.
 */
export type Odometer = { readonly metres: number; readonly anchor?: Step; readonly since: readonly Step[] }

export const odometerAt = (metres: number): Odometer => ({ metres, since: [] })

/** A hop faster than this was not driven: it is left out, and counting goes on from where it ended. */
const FASTEST_M_PER_S = 200 / 3.6
const HOP_SLACK_M = 10
/** Standing receivers were seen to claim up to 6 km/h. */
const DRIVING_KMH = 7
/** Standing receivers were seen to wander over 42 m in 20 minutes. */
const CIRCLE_M = 45
/** Without a speed only the place can tell, and a slow drive must not be cut into chords. */
const BARE_CIRCLE_M = 4
const CRAWL_MS = 60_000

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
 * drives when its speed says so, or when it has left the circle of the receiver's error round the last counted place.
 */
export function drive(odometer: Odometer, step: Step, ignition: 'on' | 'off' | 'unknown'): Odometer {
  const { anchor, since, metres } = odometer
  const last = since.at(-1)
  if (anchor === undefined || last === undefined || ignition === 'off') return { metres, anchor: step, since: [step] }
  if (step.time <= last.time) return odometer
  const hop = segmentMetres(last, step)
  if (hop > HOP_SLACK_M + (FASTEST_M_PER_S * (step.time - last.time)) / 1000)
    return { metres, anchor: step, since: [step] }
  const path = [...since.filter((earlier) => step.time - earlier.time <= CRAWL_MS), step]
  if (isDriving(step)) return { metres: metres + pathMetres([anchor, ...path]), anchor: step, since: [step] }
  const straight = segmentMetres(anchor, step)
  const left = straight > circleOf(step)
  return left ? { metres: metres + straight, anchor: step, since: [step] } : { metres, anchor, since: path }
}

const isDriving = ({ speedKmh }: Step): boolean => speedKmh !== undefined && speedKmh >= DRIVING_KMH

const circleOf = ({ speedKmh, accuracyM = 0 }: Step): number =>
  speedKmh === undefined ? Math.max(BARE_CIRCLE_M, accuracyM) : Math.max(CIRCLE_M, 3 * accuracyM)

const pathMetres = (path: readonly Step[]): number =>
  path.reduce((sum, step, index) => sum + segmentMetres(path[index - 1] ?? step, step), 0)
