import { isWithin, type Place } from './place.ts'

/** A place and what the odometer showed there: what the next places are measured against. */
export type OdometerMark = Pick<Place, 'lat' | 'lon' | 'accuracyM'> & { readonly km: number }

/** A mark is renewed after so many driven metres: an old one would excuse any place within the day's mileage. */
const RENEWED_AFTER_M = 5000
/** Many odometers count whole kilometres, and gateways tell fine ones up to 300 m late. */
const [WHOLE_KM_M, FINE_M] = [1300, 400]
/** An odometer may run slow by this share: worn tyres, calibration. */
const SLOW = 0.1

type Read = Pick<Place, 'lat' | 'lon' | 'accuracyM'> & { readonly odometerKm?: number | undefined }

/**
 * Pure. Has the car driven far enough to be there? No reading on either side, or an odometer that was exchanged, says
 * nothing against it. Longer ways than the straight line are usual and no sign of anything.
 */
export function odometerAgrees(mark: OdometerMark | null, place: Read, slackM: number): boolean {
  if (mark === null || place.odometerKm === undefined || place.odometerKm < mark.km) return true
  const isCoarse = Number.isInteger(mark.km) && Number.isInteger(place.odometerKm)
  const free = (isCoarse ? WHOLE_KM_M : FINE_M) + mark.accuracyM + place.accuracyM + slackM
  return isWithin(mark, place, drivenM(mark, place) / (1 - SLOW) + free)
}

/** Pure. What the next place is measured against, once this one is believed. */
export function nextMark(mark: OdometerMark | null, place: Read): OdometerMark | null {
  const { odometerKm: km, lat, lon, accuracyM } = place
  if (km === undefined) return mark
  const stays = mark !== null && km >= mark.km && !isRenewed(mark, place)
  return stays ? mark : { km, lat, lon, accuracyM }
}

/** Pure. Has the car driven so far since that this mark is no measure any more? */
export const isRenewed = (mark: OdometerMark, place: Read): boolean => drivenM(mark, place) >= RENEWED_AFTER_M

const drivenM = (mark: OdometerMark, { odometerKm = mark.km }: Read): number => (odometerKm - mark.km) * 1000
