import type { Happening, Vehicle } from './vehicle.ts'

export type ZoneExit = {
  /** The same crossing has the same key for ever. */
  readonly key: string
  readonly vehicleId: string
  readonly zone: string
  readonly at: string
  readonly crossing: Happening
}

/** Pure. Outside, since this moment; undefined when inside or not known. */
export const outsideSince = ({ zone }: Vehicle): string | undefined =>
  zone.inside === false && zone.since !== null ? zone.since : undefined

/**
 * Pure. The crossing by which the vehicle got where it is. A vehicle that was first seen outside has not crossed
 * anything, so standing outside alone is no exit.
 */
export function zoneExitOf(vehicle: Vehicle, happenings: readonly Happening[]): ZoneExit | undefined {
  const since = outsideSince(vehicle)
  if (since === undefined) return undefined
  const crossing = happenings.find(
    ({ kind, title, at }) => kind === 'crossing' && title === 'outside' && Date.parse(at) === Date.parse(since),
  )
  if (crossing === undefined) return undefined
  return { key: `${vehicle.id}:${since}`, vehicleId: vehicle.id, zone: vehicle.zone.name, at: since, crossing }
}
