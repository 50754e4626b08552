import { metresBetween, type Place } from './place.ts'

/** A place that deceived receivers have been reported to show: the aprons of the airports around Moscow. */
export type SpoofPlace = Place & { readonly name: string; readonly radiusM: number }

/**
 * Public reports since 2016 name Vnukovo first, then the other airports. Centres are the airfields' own; the radius
 * takes in runways and aprons. A car may well drive to an airport: only who arrives by a jump is doubted.
 */
export const SPOOF_PLACES: readonly SpoofPlace[] = [
  { name: 'vnukovo', lat: 55.5962, lon: 37.2675, radiusM: 3000 },
  { name: 'sheremetyevo', lat: 55.9726, lon: 37.4146, radiusM: 4000 },
  { name: 'domodedovo', lat: 55.4088, lon: 37.9063, radiusM: 4000 },
  { name: 'zhukovsky', lat: 55.5533, lon: 38.15, radiusM: 4000 },
  { name: 'ostafyevo', lat: 55.5086, lon: 37.507, radiusM: 2000 },
  { name: 'chkalovsky', lat: 55.8783, lon: 38.0617, radiusM: 3000 },
]

/** Pure. The known place that holds this position, if any. */
export const spoofPlaceAt = (position: Place): SpoofPlace | undefined =>
  SPOOF_PLACES.find((known) => metresBetween(known, position) <= known.radiusM)
