import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, type Millis, minutes } from '#contract/instant.ts'
import { distanceM } from './place.ts'

/** A vehicle's newest hop that was longer than a car drives between two fixes. */
export type Leap = { readonly vehicleId: VehicleId; readonly at: EpochMs; readonly lat: number; readonly lon: number }

/** At 130 km/h and a fix every half a minute a car is 1.1 km further. */
export const LEAP_M = 3000
export const LEAP_COUNTS: Millis = minutes(15)
/** A spoofer shows all receivers near it one point; they differ by their own errors and by how long they are held. */
const SAME_PLACE_M = 3000
/** So many others, for a car that leapt there itself; so many for one that did not. */
const [OTHERS, OTHERS_OF_A_STEADY_CAR] = [2, 5]

type Claim = { readonly vehicleId: VehicleId; readonly at: EpochMs; readonly lat: number; readonly lon: number }

/**
 * Pure. Is a position claimed by so many cars that leapt there about then that it speaks for none of them? Cars come to a
 * place one by one and by road; a deceit brings them there together.
 */
export function isClaimedByMany(claim: Claim, leaps: readonly Leap[]): boolean {
  const near = leaps.filter(
    (leap) => Math.abs(claim.at - leap.at) <= LEAP_COUNTS && distanceM(leap, claim) <= SAME_PLACE_M,
  )
  const others = near.filter(({ vehicleId }) => vehicleId !== claim.vehicleId).length
  return others >= (others === near.length ? OTHERS_OF_A_STEADY_CAR : OTHERS)
}

export type CommonPlace = {
  readonly lat: number
  readonly lon: number
  readonly since: EpochMs
  readonly vehicles: readonly VehicleId[]
}

/** Pure. Places to which several cars leapt lately, the fullest first. */
export function commonPlaces(leaps: readonly Leap[], now: EpochMs): readonly CommonPlace[] {
  const left = new Set(leaps.filter(({ at }) => now - at <= LEAP_COUNTS).toSorted((a, b) => a.at - b.at))
  const places: CommonPlace[] = []
  for (const leap of left) {
    const together = [...left].filter((other) => distanceM(leap, other) <= SAME_PLACE_M)
    if (together.length <= OTHERS) continue
    for (const one of together) left.delete(one)
    const { lat, lon, at: since } = leap
    places.push({ lat, lon, since, vehicles: together.map(({ vehicleId }) => vehicleId) })
  }
  return places.toSorted((a, b) => b.vehicles.length - a.vehicles.length)
}
