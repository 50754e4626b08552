import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { MapPalette } from './palette.ts'

/** Drawn by the browser from its own fonts: the style names no glyph server, so the library rasterises them itself. */
export const FONT = ['system-ui', 'Segoe UI', 'Roboto', 'Noto Sans', 'DejaVu Sans', 'sans-serif']
/** The library reads the weight out of the first name; no font is called so, and the next one is taken, in bold. */
export const BOLD_FONT = ['Bold', ...FONT]

const SOURCES = ['region', 'areas', 'districts', 'water', 'roads', 'streets', 'places'] as const

const is = (kind: string): ['==', ['get', string], string] => ['==', ['get', 'k'], kind]

function land(colours: MapPalette): LayerSpecification[] {
  return [
    { id: 'outside', type: 'background', paint: { 'background-color': colours.outside } },
    { id: 'region', type: 'fill', source: 'region', paint: { 'fill-color': colours.region } },
    { id: 'city', type: 'fill', source: 'areas', filter: is('moscow'), paint: { 'fill-color': colours.city } },
    { id: 'park', type: 'fill', source: 'water', filter: is('park'), paint: { 'fill-color': colours.park } },
    {
      id: 'okrug-border',
      type: 'line',
      source: 'areas',
      filter: is('okrug'),
      minzoom: 7.5,
      paint: { 'line-color': colours.districtBorder, 'line-width': 0.7, 'line-dasharray': [4, 3] },
    },
    {
      id: 'district-border',
      type: 'line',
      source: 'areas',
      filter: is('district'),
      minzoom: 10,
      paint: { 'line-color': colours.districtBorder, 'line-width': 0.8, 'line-dasharray': [4, 3] },
    },
  ]
}

function water(colours: MapPalette): LayerSpecification[] {
  const line = (
    id: string,
    kinds: readonly string[],
    widths: readonly [number, number],
    minzoom: number,
  ): LayerSpecification => ({
    id,
    type: 'line',
    source: 'water',
    minzoom,
    filter: ['all', ['==', ['geometry-type'], 'LineString'], ['in', ['get', 'k'], ['literal', [...kinds]]]],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': colours.water,
      'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 9, widths[0], 15, widths[1]],
    },
  })
  return [
    {
      id: 'water-area',
      type: 'fill',
      source: 'water',
      filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['!=', ['get', 'k'], 'park']],
      paint: { 'fill-color': colours.water },
    },
    line('far-river', ['far-river'], [1.2, 4], 5),
    line('river', ['river', 'canal'], [1, 7], 9),
    line('stream', ['stream'], [0.4, 3], 12),
  ]
}

type Road = {
  readonly id: string
  readonly kinds: readonly string[]
  readonly from: number
  readonly width: readonly [number, number, number]
}

/** Least important first: what is drawn later lies on top. Widths at zoom 9, 13 and 17. */
const ROADS: readonly Road[] = [
  { id: 'minor', kinds: ['minor'], from: 12.5, width: [0.2, 1.2, 9] },
  { id: 'tertiary', kinds: ['tertiary'], from: 11, width: [0.3, 1.8, 12] },
  { id: 'link', kinds: ['secondary_link', 'primary_link', 'trunk_link'], from: 11, width: [0.3, 1.6, 9] },
  { id: 'secondary', kinds: ['secondary'], from: 9.5, width: [0.5, 2.6, 14] },
  { id: 'primary', kinds: ['primary'], from: 8, width: [0.8, 3.6, 17] },
  { id: 'trunk', kinds: ['trunk', 'motorway'], from: 7, width: [1.2, 4.6, 20] },
]

function roads(colours: MapPalette): LayerSpecification[] {
  const layer = (road: Road, part: 'casing' | 'fill'): LayerSpecification => {
    const extra = part === 'casing' ? 1.4 : 0
    const [far, middle, near] = road.width
    const fill = road.id === 'trunk' ? colours.trunk : road.from > 10 ? colours.minor : colours.road
    return {
      id: `${road.id}-${part}`,
      type: 'line',
      source: road.from > 10 && road.id !== 'link' ? 'streets' : 'roads',
      minzoom: road.from,
      filter: ['in', ['get', 'k'], ['literal', [...road.kinds]]],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': part === 'casing' ? colours.casing : fill,
        'line-width': [
          'interpolate',
          ['exponential', 1.4],
          ['zoom'],
          9,
          far + extra,
          13,
          middle + extra,
          17,
          near + extra,
        ],
      },
    }
  }
  return [...ROADS.map((road) => layer(road, 'casing')), ...ROADS.map((road) => layer(road, 'fill'))]
}

function borders(colours: MapPalette): LayerSpecification[] {
  return [
    {
      id: 'city-border',
      type: 'line',
      source: 'areas',
      filter: is('moscow'),
      paint: { 'line-color': colours.cityBorder, 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 0.8, 12, 1.6] },
    },
    {
      id: 'region-border',
      type: 'line',
      source: 'region',
      paint: {
        'line-color': colours.border,
        'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1.2, 12, 2.4],
        'line-dasharray': [5, 2],
      },
    },
  ]
}

function labels(colours: MapPalette): LayerSpecification[] {
  const halo = { 'text-halo-color': colours.halo, 'text-halo-width': 1.4 }
  const along = (
    id: string,
    source: string,
    minzoom: number,
    filter: readonly string[],
    size: number,
  ): LayerSpecification => ({
    id,
    type: 'symbol',
    source,
    minzoom,
    filter: ['all', ['has', 'n'], ['in', ['get', 'k'], ['literal', [...filter]]]],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 380,
      'text-field': ['get', 'n'],
      'text-font': FONT,
      'text-size': size,
      'text-max-angle': 35,
    },
    paint: { 'text-color': colours.quietLabel, ...halo },
  })
  return [
    along('street-name', 'streets', 14, ['minor', 'tertiary'], 10.5),
    along('road-name', 'roads', 11.5, ['primary', 'trunk', 'motorway', 'secondary'], 11),
    {
      id: 'okrug-name',
      type: 'symbol',
      source: 'districts',
      filter: is('okrug'),
      minzoom: 8.2,
      maxzoom: 13,
      layout: {
        'text-field': ['get', 'n'],
        'text-font': FONT,
        'text-size': 11.5,
        'text-max-width': 8,
        'text-padding': 6,
      },
      paint: { 'text-color': colours.quietLabel, ...halo },
    },
    {
      id: 'district-name',
      type: 'symbol',
      source: 'districts',
      filter: is('district'),
      minzoom: 10.6,
      maxzoom: 14.5,
      layout: {
        'text-field': ['get', 'n'],
        'text-font': FONT,
        'text-size': 11.5,
        'text-max-width': 8,
        'text-padding': 6,
      },
      paint: { 'text-color': colours.quietLabel, ...halo },
    },
    {
      id: 'place-name',
      type: 'symbol',
      source: 'places',
      maxzoom: 12,
      filter: ['any', ['>', ['get', 'rank'], 0], ['<', ['zoom'], 9.5]],
      layout: {
        'text-field': ['get', 'n'],
        'text-font': ['case', ['==', ['get', 'rank'], 0], ['literal', BOLD_FONT], ['literal', FONT]],
        'text-size': ['interpolate', ['linear'], ['zoom'], 6, ['case', ['==', ['get', 'rank'], 0], 14, 10.5], 11, 14],
        'symbol-sort-key': ['get', 'rank'],
        'text-padding': 5,
      },
      paint: { 'text-color': colours.label, ...halo },
    },
  ]
}

/** Pure. The whole basemap: our own files, no server but ours. */
export function basemapStyle(colours: MapPalette, origin: string): StyleSpecification {
  const sources = SOURCES.map((name) => [
    name,
    { type: 'geojson' as const, data: `${origin}/map/${name}.geojson`, tolerance: 0.4 },
  ])
  return {
    version: 8,
    sources: Object.fromEntries(sources),
    layers: [...land(colours), ...water(colours), ...roads(colours), ...borders(colours), ...labels(colours)],
  }
}
