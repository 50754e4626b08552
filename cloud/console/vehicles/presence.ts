import type { Vehicle } from '../api/vehicle.ts'

/** A parked car reports once a minute and a moving one each second, so five minutes of silence mean trouble. */
export const STALE_AFTER_MS = 5 * 60_000
/** Below this a car stands: receivers wander by a few km/h. */
const STANDS_BELOW_KMH = 3

export type Presence = 'online' | 'offline' | 'unknown'
export type Motion = 'moving' | 'standing' | 'unknown'
export type PositionTrust = 'good' | 'suspect' | 'jammed' | 'none'

/** Pure. Whether the gateway is connected, by its own status message. */
export function presenceOf(vehicle: Vehicle): Presence {
  const online = vehicle.gateway?.online ?? null
  if (online === null) return 'unknown'
  return online ? 'online' : 'offline'
}

/** Pure. Age of the last known data in ms by the server's clock; null when there never was any. */
export function dataAgeMs(vehicle: Vehicle, now: number): number | null {
  return vehicle.lastKnown === null ? null : Math.max(0, now - Date.parse(vehicle.lastKnown.readAt))
}

export function isStale(vehicle: Vehicle, now: number): boolean {
  const age = dataAgeMs(vehicle, now)
  return age === null || age > STALE_AFTER_MS
}

/** Pure. Age of the car's last word about its relay in ms; null when it never said one. */
export function wordAgeMs(vehicle: Vehicle, now: number): number | null {
  const { relayAt } = vehicle.immobilizer
  return relayAt === null ? null : Math.max(0, now - Date.parse(relayAt))
}

/** Pure. Whether the state on screen may have passed: then it loses its colour and tells its age. */
export function isWordStale(vehicle: Vehicle, now: number): boolean {
  const age = wordAgeMs(vehicle, now)
  return age === null || age > STALE_AFTER_MS
}

/** Pure. Moving or standing, as far as fresh data say so; old data say nothing about now. */
export function motionOf(vehicle: Vehicle, now: number): Motion {
  const speed = vehicle.lastKnown?.speedKmh ?? null
  if (speed === null || isStale(vehicle, now)) return 'unknown'
  return speed > STANDS_BELOW_KMH ? 'moving' : 'standing'
}

export function positionTrust(vehicle: Vehicle): PositionTrust {
  const known = vehicle.lastKnown
  if (known === null || known.position === null) return 'none'
  return known.trust === 'ok' ? 'good' : known.trust
}
