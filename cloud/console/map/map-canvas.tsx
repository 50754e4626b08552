import 'maplibre-gl/dist/maplibre-gl.css'
import { Alert, useMantineColorScheme } from '@mantine/core'
import { useColorScheme } from '@mantine/hooks'
import { AttributionControl, type LngLatBoundsLike, Map as MapLibreMap, ScaleControl, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useWords, type Words } from '../language/language.ts'
import { basemapStyle } from './basemap-style.ts'
import { MapButtons } from './map-buttons.tsx'
import classes from './map-canvas.module.css'
import { type MapPalette, PALETTE, type Scheme } from './palette.ts'

setWorkerUrl(workerUrl)

export const MOSCOW: LngLatBoundsLike = [
  [37.36, 55.57],
  [37.86, 55.92],
]

const CREDITS =
  '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a>' +
  ' · <a href="https://www.naturalearthdata.com/" target="_blank" rel="noopener">Natural Earth</a>'

function useScheme(): Scheme {
  const { colorScheme } = useMantineColorScheme()
  const system = useColorScheme()
  return colorScheme === 'auto' ? system : colorScheme
}

/** Where somebody left a map, by its name: going to a card and back must not throw the view away. */
const lastView = new Map<string, { center: [number, number]; zoom: number }>()

function openMap(container: HTMLElement, colours: MapPalette, name: string | null, t: Words): MapLibreMap {
  const view = name === null ? undefined : lastView.get(name)
  const map = new MapLibreMap({
    container,
    style: basemapStyle(colours, window.location.origin),
    ...(view === undefined ? { bounds: MOSCOW } : view),
    minZoom: 3,
    maxZoom: 18,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 120,
    locale: {
      'Map.Title': t('nav.map'),
      'ScaleControl.Meters': t('map.metres'),
      'ScaleControl.Kilometers': t('map.kilometres'),
    },
  })
  map.touchZoomRotate.disableRotation()
  map.addControl(new AttributionControl({ compact: false, customAttribution: CREDITS }), 'bottom-right')
  map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-left')
  map.on('moveend', () => {
    const { lng, lat } = map.getCenter()
    if (name !== null) lastView.set(name, { center: [lng, lat], zoom: map.getZoom() })
  })
  return map
}

/**
 * A map of ours, light or dark as the page. `onReady` adds layers to the loaded map and may return the way to clean up;
 * it is called again with a new map whenever the colours change. `children` stand over the map.
 */
export function MapCanvas(props: {
  readonly label: string
  readonly name?: string
  readonly onReady: (map: MapLibreMap, colours: MapPalette) => (() => void) | undefined
  readonly children?: ReactNode
}): ReactNode {
  const { label, name, onReady, children } = props
  const { t } = useWords()
  const scheme = useScheme()
  const container = useRef<HTMLDivElement>(null)
  const ready = useRef(onReady)
  ready.current = onReady
  const words = useRef(t)
  words.current = t
  const [map, setMap] = useState<MapLibreMap | null>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    if (container.current === null) return
    let leave: (() => void) | undefined
    let opened: MapLibreMap
    try {
      opened = openMap(container.current, PALETTE[scheme], name ?? null, words.current)
    } catch {
      setFailed(true)
      return
    }
    // A handle for the browser's console and for tests: what a map shows cannot be asked of its pixels.
    Object.assign(container.current, { map: opened })
    opened.on('load', () => {
      leave = ready.current(opened, PALETTE[scheme])
      setMap(opened)
    })
    return () => {
      leave?.()
      setMap(null)
      opened.remove()
    }
  }, [scheme, name])
  if (failed) return <Alert color="orange">{t('map.failed')}</Alert>
  return (
    <div className={classes['frame']}>
      <section
        ref={container}
        className={classes['canvas']}
        aria-label={label}
        data-testid="map"
        data-ready={map !== null}
      />
      {map !== null && <MapButtons map={map} />}
      {children}
    </div>
  )
}
