import { readFileSync } from 'node:fs'
import { epochMs } from '#contract/instant.ts'
import type { Crossing } from '../../cloud/zones/crossing.ts'
import type { GoodFix } from '../../cloud/zones/good-fix.ts'
import { distanceM } from '../../cloud/zones/place.ts'
import { circlePolygon, polygonsOf } from '../../cloud/zones/polygon.ts'
import { follow, NEW_TRACK, type Track } from '../../cloud/zones/track.ts'
import { createZoneShape, type LonLat, type ZoneShape } from '../../cloud/zones/zone.ts'
import { createZoneMap } from '../../cloud/zones/zone-map.ts'
import { workPolicy } from '../../cloud/zones/zone-policy.ts'
import { seededRandom } from './seeded-random.ts'
import type { TraceRow } from './trace.ts'

export const START = 1_795_289_000_000
/** As the policies are shipped. */
export const POLICY = workPolicy({ exitFixes: 3, exitOf: 5, marginM: 300 })

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
export const BORDER: readonly LonLat[] = read('../../cloud/zones/data/moscow-region.geojson').features[0].geometry
  .coordinates[0]
export const REGION = createZoneShape([[BORDER]])
export const MKAD = createZoneShape([read('../data/geo/moscow-rings.geojson').features[0].geometry.coordinates])

const NO_PLACES = createZoneMap([])

/** Plays good fixes through the judgement of the zone of work. */
export function playFixes(work: ZoneShape, fixes: readonly GoodFix[], from: Track = NEW_TRACK) {
  let track = from
  const crossings: Crossing[] = []
  for (const fix of fixes) {
    const step = follow(track, fix, { work, policy: POLICY, map: NO_PLACES })
    track = step.track
    if (step.crossing !== null) crossings.push(step.crossing)
  }
  return { track, crossings }
}

/** A car where it truly is, once a second. */
export type Truth = { readonly second: number; readonly lat: number; readonly lon: number; readonly drivenM: number }

/** Along a line of corners at a speed that swings by a third, with stops at lights. */
export function drivenAlong(line: readonly { lat: number; lon: number }[], kmh: number, seed: number): Truth[] {
  const random = seededRandom(seed)
  const truth: Truth[] = []
  let [second, drivenM, ahead] = [0, 0, 0]
  // The engine is started and the receiver settles.
  let stopsFor = 180
  for (const [index, to] of line.entries()) {
    const from = line[index - 1]
    if (from === undefined) continue
    const length = distanceM(from, to)
    while (ahead < length) {
      const share = ahead / length
      const lat = from.lat + (to.lat - from.lat) * share
      const lon = from.lon + (to.lon - from.lon) * share
      truth.push({ second, lat, lon, drivenM })
      second += 1
      if (stopsFor > 0) stopsFor -= 1
      else if (random() < 0.002) stopsFor = Math.floor(random() * 40)
      const step = stopsFor > 0 ? 0 : (kmh / 3.6) * (0.67 + random() * 0.66)
      ahead += step
      drivenM += step
    }
    ahead -= length
  }
  const last = truth.at(-1)
  // It stays there for a while.
  return last === undefined
    ? []
    : [...truth, ...Array.from({ length: 300 }, (_, n) => ({ ...last, second: second + n }))]
}

export type Reception = {
  readonly every: number
  readonly seed: number
  readonly noiseM: number
  readonly lost: number
  /** Seconds without any fix, from time to time. */
  readonly dropOut: number
  readonly odometer: 'none' | 'whole' | 'fine'
}

/** What a receiver and an odometer make of it. */
export function received(
  truth: readonly Truth[],
  { every, seed, noiseM, lost, dropOut, odometer }: Reception,
): GoodFix[] {
  const random = seededRandom(seed)
  const wave = () => (random() + random() + random() - 1.5) * 1.6
  let silentUntil = -1
  return truth.flatMap(({ second, lat, lon, drivenM }) => {
    if (second > silentUntil && dropOut > 0 && random() < 0.003) silentUntil = second + dropOut
    const isHeard = second % every === 0 && second > silentUntil && random() >= lost
    if (!isHeard) return []
    const km = 84_210.4 + Math.max(0, drivenM - (odometer === 'fine' ? 300 * random() : 0)) / 1000
    return [
      {
        at: epochMs(START + second * 1000),
        lat: lat + (wave() * noiseM) / 111_195,
        lon: lon + (wave() * noiseM) / (111_195 * Math.cos((lat * Math.PI) / 180)),
        accuracyM: Math.max(3, noiseM * 1.5),
        ...(odometer === 'none' ? {} : { odometerKm: odometer === 'whole' ? Math.floor(km) : Number(km.toFixed(2)) }),
      },
    ]
  })
}

/** From when on the car is beyond the margin and stays there for three minutes; undefined when it never is. */
export function trulyOutSince(zone: ZoneShape, truth: readonly Truth[], accuracyM: number): number | undefined {
  let since: number | undefined
  for (const { second, lat, lon } of truth) {
    const out =
      !zone.inside(lon, lat) && zone.borderDistanceM(lon, lat, POLICY.marginM.outside + accuracyM) === Infinity
    if (!out) since = undefined
    else since ??= second
    if (since !== undefined && second - since >= 240) return since
  }
  return undefined
}

/** The position of a row of a trace, as a receiver that doubts nothing would give it; none where it has none. */
export const fixOf = (row: TraceRow, shift = { lat: 0, lon: 0 }): GoodFix[] =>
  row.lat === undefined || row.lon === undefined
    ? []
    : [{ at: epochMs(row.time), lat: row.lat + shift.lat, lon: row.lon + shift.lon, accuracyM: 8 }]

export type Home = { readonly lat: number; readonly lon: number; readonly radiusM: number }
/** The smallest circle around where a trace truly stays: hops of more than 200 km/h to a place and away again left out. */
export function homeOf(rows: readonly GoodFix[]): Home {
  const sorted = rows.toSorted((a, b) => a.at - b.at)
  const kmh = (a: GoodFix, b: GoodFix) => (distanceM(a, b) / Math.max(1, b.at - a.at)) * 3600
  const stays = sorted.filter((fix, n) => {
    const [before, after] = [sorted[n - 1], sorted[n + 1]]
    return !((before === undefined || kmh(before, fix) > 200) && (after === undefined || kmh(fix, after) > 200))
  })
  const middle = (pick: (fix: GoodFix) => number) => stays.map(pick).toSorted((a, b) => a - b)[stays.length >> 1] ?? 0
  const centre = { lat: middle(({ lat }) => lat), lon: middle(({ lon }) => lon) }
  const radiusM = Math.max(50, ...stays.map((fix) => distanceM(centre, fix))) + 20
  return { ...centre, radiusM: Math.min(radiusM * 1.01, 190_000) }
}
export const homeShape = (home: Home): ZoneShape => createZoneShape(polygonsOf(circlePolygon(home)))

export const RECEPTIONS: readonly Omit<Reception, 'seed'>[] = [
  { every: 1, noiseM: 3, lost: 0, dropOut: 0, odometer: 'fine' },
  { every: 1, noiseM: 12, lost: 0.3, dropOut: 45, odometer: 'none' },
  { every: 5, noiseM: 6, lost: 0.2, dropOut: 30, odometer: 'whole' },
  { every: 10, noiseM: 20, lost: 0.1, dropOut: 0, odometer: 'fine' },
  { every: 30, noiseM: 8, lost: 0, dropOut: 0, odometer: 'whole' },
]

/** Straight over the real border at one of its corners, from 2.5 km inside to five minutes outside; undefined where it has no edge. */
export function straightOver(corner: number, kmh: number): Truth[] | undefined {
  const [a, b] = [BORDER[corner], BORDER[corner + 1]]
  if (a === undefined || b === undefined) return undefined
  const middle = { lat: (a[1] + b[1]) / 2, lon: (a[0] + b[0]) / 2 }
  const squeeze = Math.cos((middle.lat * Math.PI) / 180)
  const [dx, dy] = [(b[0] - a[0]) * squeeze, b[1] - a[1]]
  const length = Math.hypot(dx, dy)
  if (length === 0) return undefined
  const at = (metres: number) => ({
    lat: middle.lat + (-dx / length) * (metres / 111_195),
    lon: middle.lon + ((dy / length) * (metres / 111_195)) / squeeze,
  })
  const outward = REGION.inside(at(100).lon, at(100).lat) ? -1 : 1
  const beyondM = 600 + (kmh / 3.6) * 320
  return drivenAlong([at(-2500 * outward), middle, at(beyondM * outward)], kmh, corner + 1)
}
