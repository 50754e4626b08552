import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { circlePolygon, type DrawnGeometry, mistakeOf, polygonsOf } from '../../../cloud/zones/polygon.ts'
import { createZoneShape } from '../../../cloud/zones/zone.ts'
import { createZoneMap } from '../../../cloud/zones/zone-map.ts'

type Ring = [number, number][]
const polygon = (...coordinates: Ring[]): DrawnGeometry => ({ type: 'Polygon', coordinates })
const SQUARE: Ring = [
  [37, 55],
  [38, 55],
  [38, 56],
  [37, 56],
  [37, 55],
]
const HOLE: Ring = [
  [37.2, 55.2],
  [37.4, 55.2],
  [37.4, 55.4],
  [37.2, 55.2],
]

describe('what may be drawn', () => {
  test.each([
    { name: 'a square', geometry: polygon(SQUARE), mistake: undefined },
    { name: 'a square with a hole', geometry: polygon(SQUARE, HOLE), mistake: undefined },
    { name: 'an open ring', geometry: polygon(SQUARE.slice(0, 4)), mistake: 'ring 1 is not closed' },
    {
      name: 'a bow tie',
      geometry: polygon([
        [37, 55],
        [38, 56],
        [38, 55],
        [37, 56.5],
        [37, 55],
      ]),
      mistake: /crosses/,
    },
    {
      name: 'a spike out and back',
      geometry: polygon([
        [37, 55],
        [38, 55],
        [39, 55],
        [38, 55],
        [38, 56],
        [37, 55],
      ]),
      mistake: /crosses/,
    },
    {
      name: 'a ring that touches itself',
      geometry: polygon([
        [37, 55],
        [38, 55],
        [38, 56],
        [37.5, 55],
        [37, 56],
        [37, 55],
      ]),
      mistake: /crosses/,
    },
    {
      name: 'a hole over the border',
      geometry: polygon(
        SQUARE,
        HOLE.map(([x, y]) => [x + 0.7, y]),
      ),
      mistake: /crosses/,
    },
    {
      name: 'a line',
      geometry: polygon([
        [37, 55],
        [38, 55],
        [39, 55],
        [37, 55],
      ]),
      mistake: 'ring 1 has no area',
    },
    {
      name: 'a doubled corner',
      geometry: polygon([
        [37, 55],
        [37, 55],
        [38, 55],
        [38, 56],
        [37, 55],
      ]),
      mistake: /twice/,
    },
    {
      name: 'half the world',
      geometry: polygon([
        [-90, -45],
        [90, -45],
        [90, 45],
        [-90, 45],
        [-90, -45],
      ]),
      mistake: /larger/,
    },
  ])('$name', ({ geometry, mistake }) => {
    if (mistake === undefined) expect(mistakeOf(geometry)).toBeUndefined()
    else expect(mistakeOf(geometry)).toMatch(mistake)
  })

  test('a circle is a polygon that is right and as far away everywhere', () => {
    fc.assert(
      fc.property(
        fc.record({
          lat: fc.double({ min: -70, max: 70, noNaN: true }),
          lon: fc.double({ min: -170, max: 170, noNaN: true }),
          radiusM: fc.integer({ min: 15, max: 50_000 }),
        }),
        (circle) => {
          const geometry = circlePolygon(circle)
          expect(mistakeOf(geometry)).toBeUndefined()
          const shape = createZoneShape(polygonsOf(geometry))
          expect(shape.inside(circle.lon, circle.lat)).toBe(true)
          const near = shape.borderDistanceM(circle.lon, circle.lat, circle.radiusM * 2)
          expect(near / circle.radiusM).toBeGreaterThan(0.95)
          expect(near / circle.radiusM).toBeLessThan(1.02)
        },
      ),
      { numRuns: 20 },
    )
  })
})

test('the map names every zone whose box is within reach, and only those, whichever square was asked about before', () => {
  const zones = fc.array(
    fc.record({
      lat: fc.double({ min: 55.6, max: 55.8, noNaN: true }),
      lon: fc.double({ min: 37.4, max: 37.6, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  const offset = fc.constantFrom(0, 0.001, -0.001, 0.0009999999, 0.01, -0.01, 0.00316)
  fc.assert(
    fc.property(zones, fc.array(fc.tuple(fc.nat(11), offset, offset), { maxLength: 40 }), (places, looks) => {
      const drawn = places.map((place, index) => ({
        ...{ id: String(index), kind: 'parking' as const, name: '', parkId: null },
        geometry: circlePolygon({ ...place, radiusM: 20 + 40 * index }),
      }))
      const map = createZoneMap(drawn)
      for (const [of, east, north] of looks) {
        const at = places[of % places.length]
        if (at === undefined) return
        const [lon, lat] = [Math.round((at.lon + east) * 1e5) / 1e5, Math.round((at.lat + north) * 100) / 100]
        const near = drawn.filter(({ geometry }) => {
          const points = polygonsOf(geometry).flat(2)
          const [lons, lats] = [points.map(([x]) => x), points.map(([, y]) => y)]
          const isBeside = Math.max(...lons) < lon - 0.001 || Math.min(...lons) > lon + 0.001
          return !isBeside && Math.max(...lats) >= lat - 0.001 && Math.min(...lats) <= lat + 0.001
        })
        const found = map.near(lon, lat).map(({ id }) => id)
        expect(found.toSorted()).toEqual(near.map(({ id }) => id).toSorted())
      }
    }),
    { numRuns: 100 },
  )
})

test('the map names the zones near a point, and only those', () => {
  const zone = (id: string, lon: number) => ({
    id,
    kind: 'parking' as const,
    name: id,
    parkId: null,
    geometry: circlePolygon({ lat: 55.7, lon, radiusM: 100 }),
  })
  const map = createZoneMap([zone('west', 37.4), zone('east', 37.6), zone('over east', 37.601)])
  const near = (lon: number) => map.near(lon, 55.7).map(({ id }) => id)
  expect(near(37.4)).toEqual(['west'])
  expect(near(37.6).toSorted()).toEqual(['east', 'over east'])
  expect(near(37.5)).toEqual([])
  expect(map.find('west')?.shape.inside(37.4, 55.7)).toBe(true)
  expect(createZoneMap([]).near(37.4, 55.7)).toEqual([])
})
