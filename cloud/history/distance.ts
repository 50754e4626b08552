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

/** Pure. Metres of a point from the segment a–b, on the plane that touches the earth at `a`. */
export function metresFromSegment(point: Point, a: Point, b: Point): number {
  const scale = Math.cos(radians(a.lat))
  const eastOf = (lon: number): number => radians(((((lon - a.lon) % 360) + 540) % 360) - 180) * EARTH_M * scale
  const northOf = (lat: number): number => radians(lat - a.lat) * EARTH_M
  const [px, py, bx, by] = [eastOf(point.lon), northOf(point.lat), eastOf(b.lon), northOf(b.lat)]
  const length = bx * bx + by * by
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * bx + py * by) / length))
  return Math.hypot(px - along * bx, py - along * by)
}
