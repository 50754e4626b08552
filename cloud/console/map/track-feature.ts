import type { Feature, FeatureCollection } from 'geojson'
import type { LngLatBoundsLike } from 'maplibre-gl'
import type { TrackPoint } from '../api/track.ts'
import { stretchesOf, trustRuns } from '../vehicles/track-stretch.ts'

const at = (point: TrackPoint): [number, number] => [point.lon, point.lat]

const line = (kind: string, points: readonly TrackPoint[]): Feature => ({
  type: 'Feature',
  properties: { kind },
  geometry: { type: 'LineString', coordinates: points.map(at) },
})

/** Pure. A marked point of the day. */
export const dot = (kind: string, point: TrackPoint): Feature => ({
  type: 'Feature',
  properties: { kind },
  geometry: { type: 'Point', coordinates: at(point) },
})

/** Pure. The day's way: trusted and doubtful stretches, the gaps between them, where it began and ended. */
export function trackFeatures(points: readonly TrackPoint[]): FeatureCollection {
  const stretches = stretchesOf(points)
  const features: Feature[] = []
  for (const [index, stretch] of stretches.entries()) {
    const previous = stretches[index - 1]?.at(-1)
    const first = stretch[0]
    if (previous !== undefined && first !== undefined) features.push(line('gap', [previous, first]))
    for (const run of trustRuns(stretch))
      if (run.points.length > 1) features.push(line(run.trusted ? 'way' : 'doubt', run.points))
  }
  const [first, last] = [points[0], points.at(-1)]
  if (first !== undefined) features.push(dot('start', first))
  if (last !== undefined) features.push(dot('end', last))
  return { type: 'FeatureCollection', features }
}

/** Pure. The box around the trusted points: one spoofed fix must not throw the map thirty kilometres away. */
export function trackBounds(points: readonly TrackPoint[]): LngLatBoundsLike | null {
  const trusted = points.filter((point) => point.trust === 'ok')
  const counted = trusted.length > 0 ? trusted : points
  if (counted.length === 0) return null
  const lons = counted.map((point) => point.lon)
  const lats = counted.map((point) => point.lat)
  const low = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b))
  const high = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b))
  return [
    [low(lons), low(lats)],
    [high(lons), high(lats)],
  ]
}
