/** A point on the ground, WGS84 degrees. */
export type Position = { readonly lat: number; readonly lon: number }

const EARTH_RADIUS_M = 6_371_008.8
const RADIANS = Math.PI / 180

/** Pure. Great-circle distance on the mean sphere, metres; within 0.5 % of the ellipsoid. */
export function distanceM(a: Position, b: Position): number {
  const halfLat = ((b.lat - a.lat) * RADIANS) / 2
  const halfLon = ((b.lon - a.lon) * RADIANS) / 2
  const chord = Math.sin(halfLat) ** 2 + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.sin(halfLon) ** 2
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** Pure. Course from `a` to `b`, degrees from north in [0, 360); 0 when the two are the same point. */
export function courseDeg(a: Position, b: Position): number {
  const lonStep = (b.lon - a.lon) * RADIANS
  const east = Math.sin(lonStep) * Math.cos(b.lat * RADIANS)
  const north =
    Math.cos(a.lat * RADIANS) * Math.sin(b.lat * RADIANS) -
    Math.sin(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.cos(lonStep)
  return (Math.atan2(east, north) / RADIANS + 360) % 360
}

/** Pure. The point `share` (0 to 1) of the way from `a` to `b`; meant for steps of a few kilometres at most. */
export const between = (a: Position, b: Position, share: number): Position => ({
  lat: a.lat + (b.lat - a.lat) * share,
  lon: a.lon + (b.lon - a.lon) * share,
})

/** Pure. `from` moved by metres to the east and to the north. */
export const moved = (from: Position, eastM: number, northM: number): Position => ({
  lat: from.lat + northM / EARTH_RADIUS_M / RADIANS,
  lon: from.lon + eastM / (EARTH_RADIUS_M * Math.cos(from.lat * RADIANS)) / RADIANS,
})
