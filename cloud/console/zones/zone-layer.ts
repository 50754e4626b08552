import type { FeatureCollection } from 'geojson'
import {
  type ExpressionSpecification,
  type FilterSpecification,
  GeoJSONSource,
  type Map as MapLibreMap,
} from 'maplibre-gl'
import type { Zones } from '../api/zone.ts'
import type { MapPalette } from '../map/palette.ts'

const ZONES = 'zones-all'
const DRAFT = 'zones-draft'
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

export type Corner = readonly [number, number]

export function addZoneLayers(map: MapLibreMap, colours: MapPalette): void {
  const { tone, accent } = colours
  map.addSource(ZONES, { type: 'geojson', data: NOTHING })
  map.addSource(DRAFT, { type: 'geojson', data: NOTHING })
  const paint: ExpressionSpecification = [
    'match',
    ['get', 'kind'],
    'forbidden',
    tone.stop,
    'never_block',
    tone.wait,
    'parking',
    tone.good,
    accent,
  ]
  const isDrawn: FilterSpecification = ['!=', ['get', 'kind'], 'work']
  map.addLayer({
    id: 'zones-fill',
    type: 'fill',
    source: ZONES,
    filter: isDrawn,
    paint: { 'fill-color': paint, 'fill-opacity': 0.18 },
  })
  map.addLayer({ id: 'zones-line', type: 'line', source: ZONES, paint: { 'line-color': paint, 'line-width': 2 } })
  map.addLayer({
    id: 'draft-line',
    type: 'line',
    source: DRAFT,
    paint: { 'line-color': accent, 'line-width': 2.5, 'line-dasharray': [2, 1.2] },
  })
  map.addLayer({
    id: 'draft-corner',
    type: 'circle',
    source: DRAFT,
    paint: { 'circle-radius': 5, 'circle-color': accent },
  })
}

const setData = (map: MapLibreMap, source: string, data: FeatureCollection): void => {
  const found = map.getSource(source)
  if (found instanceof GeoJSONSource) void found.setData(data)
}

export function showZones(map: MapLibreMap, zones: Zones): void {
  // The map library wants lists it may change; ours are what the server said and stay so.
  const data: FeatureCollection = JSON.parse(JSON.stringify(zones))
  setData(map, ZONES, data)
}

/** The corners clicked so far, closed once they make an area. */
export function showCorners(map: MapLibreMap, corners: readonly Corner[]): void {
  const [first] = corners
  const ring = first === undefined || corners.length < 3 ? corners : [...corners, first]
  const coordinates = ring.map(([lon, lat]) => [lon, lat])
  setData(map, DRAFT, {
    type: 'FeatureCollection',
    features: [
      ...(coordinates.length < 2
        ? []
        : [{ type: 'Feature' as const, properties: {}, geometry: { type: 'LineString' as const, coordinates } }]),
      ...corners.map(([lon, lat]) => ({
        type: 'Feature' as const,
        properties: {},
        geometry: { type: 'Point' as const, coordinates: [lon, lat] },
      })),
    ],
  })
}
