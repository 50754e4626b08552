import type { Map as MapLibreMap } from 'maplibre-gl'
import { type ReactNode, useEffect, useState } from 'react'
import type { Zones } from '../api/zone.ts'
import { useWords } from '../language/language.ts'
import { MapCanvas } from '../map/map-canvas.tsx'
import { addZoneLayers, type Corner, showCorners, showZones } from './zone-layer.ts'

/** All zones; while somebody draws, each click is a corner. */
export function ZonesMap(props: {
  readonly zones: Zones | undefined
  readonly corners: readonly Corner[]
  readonly onClick: ((corner: Corner) => void) | null
}): ReactNode {
  const { zones, corners, onClick } = props
  const { t } = useWords()
  const [map, setMap] = useState<MapLibreMap | null>(null)
  useEffect(() => {
    if (map !== null && zones !== undefined) showZones(map, zones)
  }, [map, zones])
  useEffect(() => {
    if (map !== null) showCorners(map, corners)
  }, [map, corners])
  useEffect(() => {
    if (map === null || onClick === null) return
    const listen = ({ lngLat }: { readonly lngLat: { readonly lng: number; readonly lat: number } }): void =>
      onClick([Number(lngLat.lng.toFixed(6)), Number(lngLat.lat.toFixed(6))])
    map.on('click', listen)
    map.getCanvas().style.cursor = 'crosshair'
    return () => {
      map.off('click', listen)
      map.getCanvas().style.cursor = ''
    }
  }, [map, onClick])
  return (
    <MapCanvas
      label={t('zonePage.map')}
      name="zones"
      onReady={(opened, colours) => {
        addZoneLayers(opened, colours)
        setMap(opened)
        return () => setMap(null)
      }}
    />
  )
}
