import { z } from 'zod'
import { orientation } from './orientation.ts'
import { circleRing, distanceM } from './place.ts'
import type { LonLat } from './zone.ts'

const Position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
const Rings = z.array(z.array(Position).min(4).max(2000)).min(1).max(20)
/** What people draw: GeoJSON, longitude first; the first ring is the border, further ones are holes. */
export const DrawnGeometry = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Polygon'), coordinates: Rings }),
  z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(Rings).min(1).max(20) }),
])
export type DrawnGeometry = z.infer<typeof DrawnGeometry>

export const DrawnCircle = z.strictObject({
  lat: z.number().min(-85).max(85),
  lon: z.number().min(-179).max(179),
  /** Smaller than a receiver's error is no place; larger is no circle any more. */
  radiusM: z.number().min(15).max(200_000),
})
export type DrawnCircle = z.infer<typeof DrawnCircle>

/** Of all rings together: what one look at a fix may cost. */
const MOST_CORNERS = 5000
const LONGEST_SIDE_M = 1_000_000

type Ring = readonly LonLat[]

export const polygonsOf = (geometry: DrawnGeometry): readonly (readonly Ring[])[] =>
  geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates

/** Pure. A circle as the polygon that stands for it. */
export const circlePolygon = ({ lat, lon, radiusM }: DrawnCircle): DrawnGeometry => ({
  type: 'Polygon',
  coordinates: [circleRing({ lat, lon }, radiusM).map(([x, y]): [number, number] => [x, y])],
})

/** Pure. What is wrong with a drawn area, in words for a person, or undefined. */
export function mistakeOf(geometry: DrawnGeometry): string | undefined {
  const rings = polygonsOf(geometry).flat()
  if (rings.reduce((sum, ring) => sum + ring.length, 0) > MOST_CORNERS)
    return `more than ${MOST_CORNERS} corners in all`
  for (const [index, ring] of rings.entries()) {
    const wrong = mistakeOfRing(ring)
    if (wrong !== undefined) return `ring ${index + 1} ${wrong}`
  }
  if (diagonalM(rings) > LONGEST_SIDE_M) return `larger than ${LONGEST_SIDE_M / 1000} km`
  const crossed = crossingOf(rings.flatMap(edgesOf))
  return crossed === undefined ? undefined : `the border crosses or touches itself near ${crossed.join(', ')}`
}

function mistakeOfRing(ring: Ring): string | undefined {
  const [first, last] = [ring[0], ring.at(-1)]
  if (first === undefined || last === undefined || !same(first, last)) return 'is not closed'
  if (ring.some((point, n) => n > 0 && same(point, ring[n - 1] ?? point) && n < ring.length))
    return 'has the same corner twice in a row'
  return Math.abs(areaOf(ring)) < 1e-12 ? 'has no area' : undefined
}

const same = (a: LonLat, b: LonLat): boolean => a[0] === b[0] && a[1] === b[1]

/** Twice the signed area, in square degrees. */
const areaOf = (ring: Ring): number =>
  ring.reduce((sum, [x, y], n) => {
    const [nx, ny] = ring[(n + 1) % ring.length] ?? [x, y]
    return sum + (x * ny - nx * y)
  }, 0)

function diagonalM(rings: readonly Ring[]): number {
  const lons = rings.flat().map(([lon]) => lon)
  const lats = rings.flat().map(([, lat]) => lat)
  const corner = (pick: (...numbers: number[]) => number) => ({ lat: pick(...lats), lon: pick(...lons) })
  return distanceM(corner(Math.min), corner(Math.max))
}

type Edge = { readonly ring: Ring; readonly n: number; readonly a: LonLat; readonly b: LonLat; readonly left: number }

const edgesOf = (ring: Ring): readonly Edge[] =>
  ring.slice(1).flatMap((b, n) => {
    const a = ring[n]
    return a === undefined ? [] : [{ ring, n, a, b, left: Math.min(a[0], b[0]) }]
  })

/** Edges sorted from the west: only those that overlap in longitude are compared. */
function crossingOf(edges: readonly Edge[]): LonLat | undefined {
  const sorted = edges.toSorted((one, other) => one.left - other.left)
  for (const [index, one] of sorted.entries()) {
    const right = Math.max(one.a[0], one.b[0])
    for (let next = index + 1; next < sorted.length; next += 1) {
      const other = sorted[next]
      if (other === undefined || other.left > right) break
      if (!areNeighbours(one, other) && meet(one, other)) return one.a
      if (areNeighbours(one, other) && foldsBack(one, other)) return one.b
    }
  }
  return undefined
}

const areNeighbours = (one: Edge, other: Edge): boolean => {
  const count = one.ring.length - 1
  return one.ring === other.ring && [1, count - 1].includes(Math.abs(one.n - other.n))
}

const side = ({ a, b }: Edge, [x, y]: LonLat): number => Math.sign(orientation(a[0], a[1], b[0], b[1], x, y))
const covers = ({ a, b }: Edge, [x, y]: LonLat): boolean =>
  x >= Math.min(a[0], b[0]) && x <= Math.max(a[0], b[0]) && y >= Math.min(a[1], b[1]) && y <= Math.max(a[1], b[1])

function meet(one: Edge, other: Edge): boolean {
  const [a, b, c, d] = [side(one, other.a), side(one, other.b), side(other, one.a), side(other, one.b)]
  if (a * b < 0 && c * d < 0) return true
  return (
    (a === 0 && covers(one, other.a)) ||
    (b === 0 && covers(one, other.b)) ||
    (c === 0 && covers(other, one.a)) ||
    (d === 0 && covers(other, one.b))
  )
}

/** Neighbours share a corner; one that runs back over the other shares more. */
function foldsBack(one: Edge, other: Edge): boolean {
  const far = [other.a, other.b].find((point) => !same(point, one.a) && !same(point, one.b))
  const near = [one.a, one.b].find((point) => !same(point, other.a) && !same(point, other.b))
  if (far === undefined || near === undefined) return true
  return (side(one, far) === 0 && covers(one, far)) || (side(other, near) === 0 && covers(other, near))
}
