export type Point = { readonly lat: number; readonly lon: number }

const EARTH_M = 6_371_008.8
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Pure. Metres along the great circle on a sphere; within 0.6 % of the ellipsoid. */
export function metresBetween(a: Point, b: Point): number {
  const halfLat = Math.sin(radians(b.lat - a.lat) / 2)
  const halfLon = Math.sin(radians(b.lon - a.lon) / 2)
  const chord = halfLat ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * halfLon ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** Points as metres east and north of the first one: exact enough to compare deviations within a region. */
export type Plane = { readonly east: Float64Array; readonly north: Float64Array }

/** Pure. The plane that touches the earth at the first point; lines may cross the antimeridian. */
export function planeOf(points: readonly Point[]): Plane {
  const origin = points[0] ?? { lat: 0, lon: 0 }
  const scale = Math.cos(radians(origin.lat))
  const turn = (lon: number): number => ((((lon - origin.lon) % 360) + 540) % 360) - 180
  return {
    east: Float64Array.from(points, ({ lon }) => radians(turn(lon)) * EARTH_M * scale),
    north: Float64Array.from(points, ({ lat }) => radians(lat - origin.lat) * EARTH_M),
  }
}

/** Pure. Square metres between a point and the segment from point `a` to point `b`: asked of every point between. */
export function squareFromSegment({ east, north }: Plane, a: number, b: number): (index: number) => number {
  const [fromX = 0, fromY = 0] = [east[a], north[a]]
  const bx = (east[b] ?? 0) - fromX
  const by = (north[b] ?? 0) - fromY
  const length = bx * bx + by * by
  return (index) => {
    const px = (east[index] ?? 0) - fromX
    const py = (north[index] ?? 0) - fromY
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * bx + py * by) / length))
    return (px - along * bx) ** 2 + (py - along * by) ** 2
  }
}
