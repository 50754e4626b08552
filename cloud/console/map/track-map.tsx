import type { Map as MapLibreMap } from 'maplibre-gl'
import { type ReactNode, useEffect, useState } from 'react'
import type { TrackPoint } from '../api/track.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { MapCanvas } from './map-canvas.tsx'
import { trackBounds } from './track-feature.ts'
import { addTrackLayers, showMoment, showTrack } from './track-layer.ts'
import { vehicleFeatures } from './vehicle-features.ts'
import { addVehicleLayers, showVehicles } from './vehicle-layer.ts'

type Props = {
  readonly vehicle: Vehicle
  readonly points: readonly TrackPoint[]
  /** Today's map also shows where the car is now. */
  readonly withCar: boolean
  readonly moment: TrackPoint | null
  readonly day: string
}

/** One car's day on the map. */
export function TrackMap({ vehicle, points, withCar, moment, day }: Props): ReactNode {
  const { t, language } = useWords()
  const now = useNow(5)
  const [map, setMap] = useState<MapLibreMap | null>(null)
  const [framed, setFramed] = useState('')

  useEffect(() => {
    if (map === null) return
    const shown = withCar ? [vehicle] : []
    showVehicles(map, vehicleFeatures(shown, now, { suspect: t('vehicle.positionSuspect'), language }))
  }, [map, vehicle, withCar, now, t, language])

  useEffect(() => {
    if (map !== null) showTrack(map, points)
  }, [map, points])

  useEffect(() => {
    if (map !== null) showMoment(map, moment)
  }, [map, moment])

  // Framed once a day and map: a growing track must not pull the map from under somebody's finger.
  useEffect(() => {
    if (map === null || framed === day) return
    const bounds = trackBounds(points)
    const position = vehicle.lastKnown?.position ?? null
    if (bounds !== null) map.fitBounds(bounds, { padding: 46, maxZoom: 15.5, duration: 0 })
    else if (position !== null && withCar) map.jumpTo({ center: [position.lon, position.lat], zoom: 13.5 })
    else return
    setFramed(day)
  }, [map, points, day, framed, vehicle, withCar])

  return (
    <MapCanvas
      label={t('track.title')}
      onReady={(opened, colours) => {
        addVehicleLayers(opened, colours)
        addTrackLayers(opened, colours)
        setFramed('')
        setMap(opened)
        return () => setMap(null)
      }}
    />
  )
}
