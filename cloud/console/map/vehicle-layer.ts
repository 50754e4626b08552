import type { FeatureCollection } from 'geojson'
import { GeoJSONSource, type MapLayerMouseEvent, type Map as MapLibreMap } from 'maplibre-gl'
import { BOLD_FONT, FONT } from './basemap-style.ts'
import type { MapPalette } from './palette.ts'
import { addVehicleIcons } from './vehicle-icons.ts'

const SOURCE = 'vehicles'
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }
/** Closer than this every car stands for itself, however many there are. */
const CLUSTERS_UNTIL_ZOOM = 11

/** Adds the cars' source, signs and layers to a loaded map. */
export function addVehicleLayers(map: MapLibreMap, colours: MapPalette): void {
  addVehicleIcons(map, colours)
  map.addSource(SOURCE, {
    type: 'geojson',
    data: NOTHING,
    cluster: true,
    clusterRadius: 38,
    clusterMaxZoom: CLUSTERS_UNTIL_ZOOM,
    clusterProperties: { blocked: ['+', ['case', ['==', ['get', 'state'], 'blocked'], 1, 0]] },
  })
  addClusters(map, colours)
  addCars(map, colours)
}

function addClusters(map: MapLibreMap, colours: MapPalette): void {
  map.addLayer({
    id: 'cluster',
    type: 'circle',
    source: SOURCE,
    filter: ['has', 'point_count'],
    paint: {
      'circle-color': colours.accent,
      'circle-radius': ['step', ['get', 'point_count'], 15, 10, 19, 50, 24],
      'circle-stroke-width': 3,
      'circle-stroke-color': ['case', ['>', ['get', 'blocked'], 0], colours.tone.stop, colours.ink],
    },
  })
  map.addLayer({
    id: 'cluster-count',
    type: 'symbol',
    source: SOURCE,
    filter: ['has', 'point_count'],
    layout: {
      'text-field': ['get', 'point_count_abbreviated'],
      'text-font': BOLD_FONT,
      'text-size': 13,
      'text-allow-overlap': true,
    },
    paint: { 'text-color': colours.ink },
  })
}

function addCars(map: MapLibreMap, colours: MapPalette): void {
  map.addLayer({
    id: 'vehicle-selected',
    type: 'circle',
    source: SOURCE,
    filter: ['==', ['get', 'id'], ''],
    paint: {
      'circle-radius': 19,
      'circle-color': colours.accent,
      'circle-opacity': 0.22,
      'circle-stroke-color': colours.accent,
      'circle-stroke-width': 2,
    },
  })
  map.addLayer({
    id: 'vehicle-heading',
    type: 'symbol',
    source: SOURCE,
    filter: ['all', ['!', ['has', 'point_count']], ['!=', ['get', 'heading'], '']],
    layout: {
      'icon-image': ['get', 'heading'],
      'icon-rotate': ['get', 'headingDeg'],
      'icon-rotation-alignment': 'map',
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
    },
    paint: { 'icon-opacity': ['get', 'opacity'] },
  })
  map.addLayer({
    id: 'vehicle',
    type: 'symbol',
    source: SOURCE,
    filter: ['!', ['has', 'point_count']],
    layout: {
      'icon-image': ['get', 'body'],
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
      'text-field': ['get', 'label'],
      'text-font': FONT,
      'text-size': 11.5,
      'text-anchor': 'top',
      'text-offset': [0, 1.25],
      'text-optional': true,
      'text-max-width': 14,
      // A blocked car keeps its plate when several compete for the room.
      'symbol-sort-key': ['case', ['==', ['get', 'state'], 'permitted'], 1, 0],
    },
    paint: {
      'icon-opacity': ['get', 'opacity'],
      'text-color': colours.label,
      'text-halo-color': colours.halo,
      'text-halo-width': 1.6,
    },
  })
}

export function showVehicles(map: MapLibreMap, features: FeatureCollection): void {
  const source = map.getSource(SOURCE)
  if (source instanceof GeoJSONSource) void source.setData(features)
}

export function showSelected(map: MapLibreMap, id: string | null): void {
  map.setFilter('vehicle-selected', ['==', ['get', 'id'], id ?? ''])
}

/** Calls back with the id of a car that is clicked; a click on a cluster opens it. */
export function onVehicleClick(map: MapLibreMap, select: (id: string) => void): void {
  map.on('click', 'vehicle', (event: MapLayerMouseEvent) => {
    const id: unknown = event.features?.[0]?.properties['id']
    if (typeof id === 'string') select(id)
  })
  map.on('click', 'cluster', (event: MapLayerMouseEvent) => {
    const cluster: unknown = event.features?.[0]?.properties['cluster_id']
    const source = map.getSource(SOURCE)
    if (typeof cluster !== 'number' || !(source instanceof GeoJSONSource)) return
    void source.getClusterExpansionZoom(cluster).then((zoom) => map.easeTo({ center: event.lngLat, zoom: zoom + 0.3 }))
  })
  for (const layer of ['vehicle', 'cluster']) {
    map.on('mouseenter', layer, () => {
      map.getCanvas().style.cursor = 'pointer'
    })
    map.on('mouseleave', layer, () => {
      map.getCanvas().style.cursor = ''
    })
  }
}
