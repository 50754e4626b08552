import type { EpochMs } from '#contract/instant.ts'

/** Where a fix says a vehicle was, and how far off it may be. WGS84 degrees and metres. */
export type Place = {
  readonly at: EpochMs
  readonly lat: number
  readonly lon: number
  readonly accuracyM: number
}

type Point = Pick<Place, 'lat' | 'lon'>

const EARTH_RADIUS_M = 6_371_008.8
const RADIANS = Math.PI / 180

/** Pure. Great-circle distance in metres by the haversine formula. */
export function distanceM(from: Point, to: Point): number {
  const half = Math.sin(((to.lat - from.lat) * RADIANS) / 2) ** 2
  const across = Math.sin(((to.lon - from.lon) * RADIANS) / 2) ** 2
  const chord = half + across * Math.cos(from.lat * RADIANS) * Math.cos(to.lat * RADIANS)
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(chord)))
}

const METRES_PER_DEGREE = EARTH_RADIUS_M * RADIANS

/** Pure. Is it at most so many metres? Of two fixes of one drive the plain sum of both angles says so, without a sine. */
export function isWithin(from: Point, to: Point, metres: number): boolean {
  const atMost = (Math.abs(to.lat - from.lat) + Math.abs(to.lon - from.lon)) * METRES_PER_DEGREE
  return atMost <= metres || distanceM(from, to) <= metres
}

/** Pure. A ring of GeoJSON positions at this distance around a point, counter-clockwise and closed. */
export function circleRing({ lat, lon }: Point, radiusM: number, corners = 64): readonly (readonly [number, number])[] {
  const degrees = radiusM / (EARTH_RADIUS_M * RADIANS)
  const ring = Array.from({ length: corners }, (_, n): readonly [number, number] => {
    const angle = (2 * Math.PI * n) / corners
    return [
      decimals(lon + (degrees * Math.cos(angle)) / Math.cos(lat * RADIANS)),
      decimals(lat + degrees * Math.sin(angle)),
    ]
  })
  return [...ring, ring[0] ?? [lon, lat]]
}

const decimals = (degrees: number): number => Number(degrees.toFixed(6))
