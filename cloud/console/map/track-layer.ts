import type { Feature, FeatureCollection } from 'geojson'
import { GeoJSONSource, type LngLatBoundsLike, type Map as MapLibreMap } from 'maplibre-gl'
import type { TrackPoint } from '../api/track.ts'
import { stretchesOf, trustRuns } from '../vehicles/track-stretch.ts'
import type { MapPalette } from './palette.ts'

const SOURCE = 'track'
const MOMENT = 'track-moment'
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

const at = (point: TrackPoint): [number, number] => [point.lon, point.lat]

const line = (kind: string, points: readonly TrackPoint[]): Feature => ({
  type: 'Feature',
  properties: { kind },
  geometry: { type: 'LineString', coordinates: points.map(at) },
})

const dot = (kind: string, point: TrackPoint): Feature => ({
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
    for (const run of trustRuns(stretch)) features.push(line(run.trusted ? 'way' : 'doubt', run.points))
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

export function addTrackLayers(map: MapLibreMap, colours: MapPalette): void {
  map.addSource(SOURCE, { type: 'geojson', data: NOTHING })
  map.addSource(MOMENT, { type: 'geojson', data: NOTHING })
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const
  const before = map.getLayer('vehicle-selected') === undefined ? undefined : 'vehicle-selected'
  map.addLayer(
    {
      id: 'track-gap',
      type: 'line',
      source: SOURCE,
      filter: ['==', ['get', 'kind'], 'gap'],
      paint: { 'line-color': colours.tone.unknown, 'line-width': 1.6, 'line-dasharray': [1, 3] },
    },
    before,
  )
  map.addLayer(
    {
      id: 'track-way',
      type: 'line',
      source: SOURCE,
      filter: ['==', ['get', 'kind'], 'way'],
      layout: round,
      paint: { 'line-color': colours.accent, 'line-width': 3.4, 'line-opacity': 0.85 },
    },
    before,
  )
  map.addLayer(
    {
      id: 'track-doubt',
      type: 'line',
      source: SOURCE,
      filter: ['==', ['get', 'kind'], 'doubt'],
      paint: { 'line-color': colours.tone.wait, 'line-width': 2.4, 'line-dasharray': [2, 1.5] },
    },
    before,
  )
  map.addLayer(
    {
      id: 'track-ends',
      type: 'circle',
      source: SOURCE,
      filter: ['in', ['get', 'kind'], ['literal', ['start', 'end']]],
      paint: {
        'circle-radius': 5,
        'circle-color': ['case', ['==', ['get', 'kind'], 'start'], colours.ink, colours.accent],
        'circle-stroke-color': colours.accent,
        'circle-stroke-width': 2.5,
      },
    },
    before,
  )
  map.addLayer({
    id: 'track-moment',
    type: 'circle',
    source: MOMENT,
    paint: {
      'circle-radius': 7,
      'circle-color': colours.tone.wait,
      'circle-stroke-color': colours.ink,
      'circle-stroke-width': 3,
    },
  })
}

function setData(map: MapLibreMap, source: string, data: FeatureCollection): void {
  const found = map.getSource(source)
  if (found instanceof GeoJSONSource) void found.setData(data)
}

export const showTrack = (map: MapLibreMap, points: readonly TrackPoint[]): void =>
  setData(map, SOURCE, trackFeatures(points))

/** Marks one moment of the day on the map; null takes the mark away. */
export const showMoment = (map: MapLibreMap, point: TrackPoint | null): void =>
  setData(map, MOMENT, point === null ? NOTHING : { type: 'FeatureCollection', features: [dot('moment', point)] })
