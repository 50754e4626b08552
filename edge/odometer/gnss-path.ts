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
 * The place up to which the way is counted, and the positions of the last minute since then: a crawl if the car then
 * sets off, a wandering receiver if it does not.
 */
export type GnssPath = {
  readonly anchor?: Step
  readonly since: readonly Step[]
  /** The places of the last half minute, of a receiver that tells no speed: whether it stands is concluded from. */
  readonly trail?: readonly Step[]
}

/** How a stretch was measured: by the receiver's speed, from fix to fix, or straight across what nobody saw. */
export type Measure = 'doppler' | 'positions' | 'straight'
export type Stretch = { readonly metres: number; readonly measure: Measure }

export const NO_PATH: GnssPath = { since: [] }

/** A hop faster than this was not driven: it is left out, and counting goes on from where it ended. */
const FASTEST_M_PER_S = 200 / 3.6
const HOP_SLACK_M = 10
/** Standing receivers were seen to claim up to 6 km/h. */
const DRIVING_KMH = 7
/** Below this a speed is noise even in a crawl. */
const CRAWLING_KMH = 1
/** Standing receivers were seen to wander over 42 m in 20 minutes. */
const CIRCLE_M = 45
/** Without a speed only the place can tell, and a slow drive must not be cut into chords. */
const BARE_CIRCLE_M = 4
/** Dense places without a speed that made good less than this way in this time are a receiver that wanders. */
const [TRAIL_MS, LEAST_TRAIL_MS, LEAST_TRAIL, STANDING_TRAIL_M] = [30_000, 25_000, 5, 20]
const WANDER_M = 10
const CRAWL_MS = 60_000
/** Speeds this far apart in time say what was driven between them; a longer pause is a road nobody saw. */
const DOPPLER_MS = 3000
const SEEN_MS = 60_000
/** Speed and places of one step may differ by this much before the places are believed instead. */
const DISAGREE_M = 30

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

/** Pure. Can no car have driven from one place to the other in the time between? */
export const isHop = (from: Step, to: Step): boolean =>
  segmentMetres(from, to) > HOP_SLACK_M + (FASTEST_M_PER_S * Math.max(0, to.time - from.time)) / 1000

/**
 * Pure. Takes one believed position; answers the stretches that it proves driven. Nothing is counted with the ignition
 * off, nor while the receiver merely wanders: a car drives when its speed says so, or when it has left the circle of
 * the receiver's error round the last counted place.
 */
export function followPath(
  path: GnssPath,
  step: Step,
  ignition: 'on' | 'off' | 'unknown',
): { readonly path: GnssPath; readonly stretches: readonly Stretch[] } {
  const { anchor, since } = path
  const last = since.at(-1)
  const trail = trailOf(path, step)
  const here: GnssPath = { anchor: step, since: [step], ...trail }
  if (anchor === undefined || last === undefined || ignition === 'off') return { path: here, stretches: [] }
  if (step.time <= last.time) return { path, stretches: [] }
  if (isHop(last, step)) return { path: here, stretches: [] }
  const recent = [...since.filter((earlier) => step.time - earlier.time <= CRAWL_MS), step]
  if (isDriving(step)) return { path: here, stretches: stretchesOf(anchor, last, recent) }
  const metres = segmentMetres(anchor, step)
  if (metres <= circleOf(step, trail.trail)) return { path: { anchor, since: recent, ...trail }, stretches: [] }
  const crawled = stretchesOf(anchor, last, recent)
  const byCrawl = crawled.reduce((sum, one) => sum + one.metres, 0)
  // A wander adds up without leading anywhere: the straight way is the least that was driven, and what is counted.
  return {
    path: here,
    stretches: byCrawl < metres ? [{ metres, measure: measureOf(last, step) }] : bounded(crawled, metres),
  }
}

const isDriving = ({ speedKmh }: Step): boolean => speedKmh !== undefined && speedKmh >= DRIVING_KMH

const trailOf = ({ trail = [] }: GnssPath, step: Step): { readonly trail?: readonly Step[] } =>
  step.speedKmh === undefined ? { trail: [...trail.filter(({ time }) => step.time - time <= TRAIL_MS), step] } : {}

/** Too few places, or too short a time, prove no standing: what is not known counts as moving. */
function hasStood(step: Step, trail: readonly Step[]): boolean {
  const from = trail[0]
  if (from === undefined || trail.length < LEAST_TRAIL || step.time - from.time < LEAST_TRAIL_MS) return false
  return trail.every((earlier) => segmentMetres(earlier, step) < STANDING_TRAIL_M)
}

const circleOf = (step: Step, trail: readonly Step[] = []): number => {
  const { speedKmh, accuracyM = 0 } = step
  const isWide = speedKmh !== undefined || hasStood(step, trail)
  return isWide ? Math.max(CIRCLE_M, 3 * accuracyM) : Math.max(BARE_CIRCLE_M, accuracyM)
}

/** The way from the anchor through the last minute; a fix older than that is where an unseen stretch began. */
function stretchesOf(anchor: Step, last: Step, recent: readonly Step[]): readonly Stretch[] {
  const [first = last] = recent
  const way = recent.length > 1 ? recent : [last, ...recent]
  const before = recent.length > 1 && first !== anchor ? stretch(anchor, first) : undefined
  // While it stood the place wandered: a car that knows its speed has not driven that.
  const isWander =
    first.speedKmh !== undefined && (before?.metres ?? 0) < Math.max(WANDER_M, 2 * (first.accuracyM ?? 0))
  const lead = before === undefined || isWander ? [] : [before]
  return [...lead, ...way.slice(1).map((step, index) => stretch(way[index] ?? step, step))]
}

const measureOf = (from: Step, to: Step): Measure => (to.time - from.time > SEEN_MS ? 'straight' : 'positions')

function stretch(from: Step, to: Step): Stretch {
  const metres = segmentMetres(from, to)
  const length = to.time - from.time
  if (from.speedKmh === undefined || to.speedKmh === undefined || length > DOPPLER_MS)
    return { metres, measure: measureOf(from, to) }
  const speed = (crawling(from.speedKmh) + crawling(to.speedKmh)) / 2
  const driven = (speed * length) / 3600
  return Math.abs(driven - metres) > DISAGREE_M
    ? { metres, measure: 'positions' }
    : { metres: driven, measure: 'doppler' }
}

const crawling = (speedKmh: number): number => (speedKmh < CRAWLING_KMH ? 0 : speedKmh)

/** The stretches, shortened together to `most` metres where they are longer by more than a winding road explains. */
function bounded(stretches: readonly Stretch[], most: number): readonly Stretch[] {
  const sum = stretches.reduce((total, one) => total + one.metres, 0)
  const share = Math.min(1, (most * WINDING) / sum)
  return stretches.map((one) => ({ ...one, metres: one.metres * share }))
}
const WINDING = 1.5
