import type { FeatureCollection } from 'geojson'
import { GeoJSONSource, type Map as MapLibreMap } from 'maplibre-gl'
import type { TrackPoint } from '../api/track.ts'
import type { MapPalette } from './palette.ts'
import { dot, trackFeatures } from './track-feature.ts'

const SOURCE = 'track'
const MOMENT = 'track-moment'
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

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
