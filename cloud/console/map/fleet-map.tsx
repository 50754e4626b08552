import type { Map as MapLibreMap } from 'maplibre-gl'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { MapCanvas } from './map-canvas.tsx'
import { vehicleFeatures } from './vehicle-features.ts'
import { addVehicleLayers, onVehicleClick, showSelected, showVehicles } from './vehicle-layer.ts'

/** Zoomed to when a car is chosen from the list and the map is farther away than this. */
const CLOSE_ZOOM = 13.5

type Props = {
  readonly fleet: readonly Vehicle[]
  readonly selected: string | null
  /** Counts choices made outside the map, so that choosing the same car again flies to it again. */
  readonly flight: number
  readonly onSelect: (id: string | null) => void
  readonly children?: ReactNode
}

export function FleetMap({ fleet, selected, flight, onSelect, children }: Props): ReactNode {
  const { t, language } = useWords()
  const now = useNow(5)
  const [map, setMap] = useState<MapLibreMap | null>(null)
  const select = useRef(onSelect)
  select.current = onSelect
  const fleetNow = useRef(fleet)
  fleetNow.current = fleet

  useEffect(() => {
    if (map === null) return
    showVehicles(map, vehicleFeatures(fleet, now, { suspect: t('vehicle.positionSuspect'), language }))
  }, [map, fleet, now, t, language])

  useEffect(() => {
    if (map !== null) showSelected(map, selected)
  }, [map, selected])

  useEffect(() => {
    if (map === null || flight === 0) return
    const position = fleetNow.current.find((vehicle) => vehicle.id === selected)?.lastKnown?.position
    if (position === undefined || position === null) return
    map.flyTo({ center: [position.lon, position.lat], zoom: Math.max(map.getZoom(), CLOSE_ZOOM), duration: 700 })
  }, [map, flight, selected])

  return (
    <MapCanvas
      label={t('map.label')}
      name="fleet"
      onReady={(opened, colours) => {
        addVehicleLayers(opened, colours)
        onVehicleClick(opened, (id) => select.current(id))
        setMap(opened)
        return () => setMap(null)
      }}
    >
      {children}
    </MapCanvas>
  )
}
