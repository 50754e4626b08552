import type { Feature, FeatureCollection, Point } from 'geojson'
import type { Vehicle } from '../api/vehicle.ts'
import { SHAPE } from '../design/state-tone.ts'
import { ageWords, type Language } from '../language/age.ts'
import { plateWords } from '../vehicles/plate.ts'
import { dataAgeMs, isStale, motionOf, positionTrust } from '../vehicles/presence.ts'
import { stateTone } from '../vehicles/vehicle-words.ts'
import { bodyName, headingName } from './vehicle-icons.ts'

export type VehicleProperties = {
  readonly id: string
  readonly plate: string
  readonly state: string
  readonly body: string
  /** Empty when the car stands or does not say where it is heading. */
  readonly heading: string
  readonly headingDeg: number
  readonly label: string
  readonly opacity: number
  readonly trusted: boolean
}

export type LabelWords = { readonly suspect: string; readonly language: Language }

function featureOf(vehicle: Vehicle, now: number, words: LabelWords): Feature<Point, VehicleProperties> | null {
  const known = vehicle.lastKnown
  if (known === null || known.position === null) return null
  const { state } = vehicle.immobilizer
  const tone = stateTone(vehicle, now)
  const trusted = positionTrust(vehicle) === 'good'
  const stale = isStale(vehicle, now)
  const remarks = [
    ...(trusted ? [] : [words.suspect]),
    ...(stale ? [ageWords(dataAgeMs(vehicle, now) ?? 0, words.language)] : []),
  ]
  const pointer = motionOf(vehicle, now) === 'moving' && known.headingDeg !== null && trusted
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [known.position.lon, known.position.lat] },
    properties: {
      id: vehicle.id,
      plate: plateWords(vehicle.plate),
      state,
      body: bodyName(SHAPE[state], tone, trusted),
      heading: pointer ? headingName(tone) : '',
      headingDeg: known.headingDeg ?? 0,
      label: [plateWords(vehicle.plate), ...remarks].join('\n'),
      opacity: stale ? 0.5 : 1,
      trusted,
    },
  }
}

/** Pure. What the map draws: every car that ever told a position, with its doubt and its age in words. */
export function vehicleFeatures(
  fleet: readonly Vehicle[],
  now: number,
  words: LabelWords,
): FeatureCollection<Point, VehicleProperties> {
  const features = fleet.map((vehicle) => featureOf(vehicle, now, words)).filter((feature) => feature !== null)
  return { type: 'FeatureCollection', features }
}
