import type { ImmobilizerState, Vehicle } from '../api/vehicle.ts'
import { matchesSearch, plateKey } from './plate.ts'
import { type Presence, presenceOf } from './presence.ts'

export type ZoneSide = 'inside' | 'outside' | 'unknown'

export type FleetFilter = {
  readonly search: string
  readonly state: ImmobilizerState | null
  readonly zone: ZoneSide | null
  readonly presence: Presence | null
}

export const EVERYTHING: FleetFilter = { search: '', state: null, zone: null, presence: null }

export function zoneSideOf(vehicle: Vehicle): ZoneSide {
  const inside = vehicle.zone?.inside ?? null
  if (inside === null) return 'unknown'
  return inside ? 'inside' : 'outside'
}

/** Pure. The cars that pass every part of the filter, by plate. */
export function filterFleet(fleet: readonly Vehicle[], filter: FleetFilter): readonly Vehicle[] {
  return fleet
    .filter(
      (vehicle) =>
        matchesSearch(vehicle, filter.search) &&
        (filter.state === null || vehicle.immobilizer.state === filter.state) &&
        (filter.zone === null || zoneSideOf(vehicle) === filter.zone) &&
        (filter.presence === null || presenceOf(vehicle) === filter.presence),
    )
    .toSorted((a, b) => plateKey(a.plate).localeCompare(plateKey(b.plate), 'ru'))
}

export type FleetCounts = {
  readonly all: number
  readonly online: number
  readonly blocked: number
  readonly outside: number
}

/** Pure. The numbers above the list; `blocked` counts only what the cars themselves confirmed. */
export function countFleet(fleet: readonly Vehicle[]): FleetCounts {
  return {
    all: fleet.length,
    online: fleet.filter((vehicle) => presenceOf(vehicle) === 'online').length,
    blocked: fleet.filter((vehicle) => vehicle.immobilizer.state === 'blocked').length,
    outside: fleet.filter((vehicle) => zoneSideOf(vehicle) === 'outside').length,
  }
}

export const isFiltered = (filter: FleetFilter): boolean =>
  filter.search.trim() !== '' || filter.state !== null || filter.zone !== null || filter.presence !== null
