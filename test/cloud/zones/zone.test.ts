import { readFileSync } from 'node:fs'
import pointInPolygon from 'point-in-polygon-hao'
import { describe, expect, test } from 'vitest'
import { createZoneShape, type LonLat, type MultiPolygon } from '../../../cloud/zones/zone.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const region: MultiPolygon = [read('../../../cloud/zones/data/moscow-region.geojson').features[0].geometry.coordinates]
const shape = createZoneShape(region)
const ring: readonly LonLat[] = region[0]?.[0] ?? []
const mutable = region[0]?.map((part) => part.map(([x, y]): [number, number] => [x, y])) ?? []
/** The oracle says 0 on the border, which is inside for us. */
const oracle = ([lon, lat]: LonLat): boolean => pointInPolygon([lon, lat], mutable) !== false

const wrong = (points: readonly LonLat[]): readonly LonLat[] =>
  points.filter((point) => shape.inside(point[0], point[1]) !== oracle(point))

describe('inside agrees with the exact oracle on the real region of 13,262 vertices', () => {
  const random = seededRandom(20_261_121)
  const between = (low: number, high: number): number => low + random() * (high - low)

  test('on 60,000 points of the box and around it', () => {
    const points = Array.from({ length: 60_000 }, (): LonLat => [between(34.9, 40.5), between(54.1, 57.1)])
    expect(wrong(points)).toEqual([])
  }, 120_000)

  test('on every vertex and on the middle of every edge', () => {
    const middles = ring
      .slice(1)
      .map(([x, y], i): LonLat => [(x + (ring[i]?.[0] ?? x)) / 2, (y + (ring[i]?.[1] ?? y)) / 2])
    expect(ring.length).toBe(13_262)
    expect(wrong(ring)).toEqual([])
    expect(wrong(middles)).toEqual([])
  }, 120_000)

  test('on 80,000 points from a metre down to less than an atom beside the border', () => {
    const points = Array.from({ length: 80_000 }, (_, n): LonLat => {
      const i = Math.floor(random() * (ring.length - 1))
      const [from, to] = [ring[i] ?? [0, 0], ring[i + 1] ?? [0, 0]]
      const along = random()
      const beside = 10 ** -(5 + (n % 11)) * (random() < 0.5 ? -1 : 1)
      return [from[0] + along * (to[0] - from[0]) + beside, from[1] + along * (to[1] - from[1]) + beside * random()]
    })
    expect(wrong(points)).toEqual([])
  }, 120_000)

  test('on points of the same latitude as a vertex, where rays meet corners', () => {
    const points = ring.slice(0, 10_000).map(([, y]): LonLat => [between(35, 40.3), y])
    expect(wrong(points)).toEqual([])
  }, 120_000)
})

const places: readonly { name: string; lat: number; lon: number; expected: string; distToRegionBorderM: number }[] =
  read('../../data/geo/boundary-points.json')
test.each(places)('$name lies where the map says, as far from the border', (place) => {
  expect(shape.inside(place.lon, place.lat)).toBe(place.expected !== 'out')
  const distance = shape.borderDistanceM(place.lon, place.lat, 200_000)
  expect(Math.abs(distance / place.distToRegionBorderM - 1)).toBeLessThan(0.01)
  expect(shape.borderDistanceM(place.lon, place.lat, place.distToRegionBorderM * 0.98)).toBe(Infinity)
})

test('the border is as far as its nearest edge, wherever the point lies among the cells', () => {
  const METRES = (6_371_008.8 * Math.PI) / 180
  const nearest = (lon: number, lat: number): number => {
    const metresX = METRES * Math.cos((lat * Math.PI) / 180)
    return ring.slice(1).reduce((least, [toX, toY], i) => {
      const [x, y] = ring[i] ?? [toX, toY]
      const [ax, ay] = [(x - lon) * metresX, (y - lat) * METRES]
      const [dx, dy] = [(toX - x) * metresX, (toY - y) * METRES]
      const along = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)))
      return Math.min(least, Math.hypot(ax + along * dx, ay + along * dy))
    }, Infinity)
  }
  const random = seededRandom(20_261_122)
  const wrong = Array.from({ length: 400 }, () => {
    const [x, y] = ring[Math.floor(random() * ring.length)] ?? [37, 55]
    return [x + (random() - 0.5) * 0.02, y + (random() - 0.5) * 0.012] as const
  }).filter(([lon, lat]) => {
    const exact = nearest(lon, lat)
    return [20, 54.5, 304.5, 1200].some((limitM) => {
      const said = shape.borderDistanceM(lon, lat, limitM)
      if (Math.abs(exact - limitM) < 1e-6) return false
      return exact > limitM ? said !== Infinity : !(Math.abs(said - exact) < 1e-6)
    })
  })
  expect(wrong).toEqual([])
})

const square = (west: number, south: number, size: number): readonly LonLat[] => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
]

test.each([
  { name: 'in the first part', point: [0.5, 0.5], inside: true },
  { name: 'in the hole', point: [5, 5], inside: false },
  { name: 'on the border of the hole', point: [4, 5], inside: true },
  { name: 'around the hole', point: [3.5, 5], inside: true },
  { name: 'in the second part', point: [21, 21], inside: true },
  { name: 'between the parts', point: [15, 15], inside: false },
  { name: 'on a corner', point: [10, 10], inside: true },
  { name: 'beside the box', point: [-0.0001, 5], inside: false },
  { name: 'nowhere', point: [Number.NaN, 5], inside: false },
] as const)('two polygons and a hole: $name → $inside', ({ point, inside }) => {
  const shape = createZoneShape([[square(0, 0, 10), square(4, 4, 2)], [square(20, 20, 2)]])
  expect(shape.inside(point[0], point[1])).toBe(inside)
})
