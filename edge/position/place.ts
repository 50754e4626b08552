export type Place = { readonly lat: number; readonly lon: number }

const RADIAN = Math.PI / 180
const EARTH_M = 6_371_008.8

/** Pure. Metres between two places on the sphere: within 0.6 % of the ellipsoid, enough for gates and thresholds. */
export function metresBetween(from: Place, to: Place): number {
  const y = Math.sin(((to.lat - from.lat) * RADIAN) / 2)
  const x = Math.sin(((to.lon - from.lon) * RADIAN) / 2)
  const chord = y * y + Math.cos(from.lat * RADIAN) * Math.cos(to.lat * RADIAN) * x * x
  return 2 * EARTH_M * Math.asin(Math.sqrt(Math.min(1, chord)))
}

/** Pure. Receivers without a fix send 0, 0; the sea south of Ghana leases no cars. */
export const isZeroPosition = (place: Place): boolean => Math.abs(place.lat) < 1e-6 && Math.abs(place.lon) < 1e-6
