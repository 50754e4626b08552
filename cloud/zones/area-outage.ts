import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, type Millis, minutes } from '#contract/instant.ts'

/** A vehicle's connection, and the place it was last believed at. */
export type Contact = {
  readonly vehicleId: VehicleId
  readonly lat: number
  readonly lon: number
  readonly online: boolean
  /** When it came or went. */
  readonly changedAt: EpochMs
}

export type OpenOutage = { readonly id: string; readonly cell: string; readonly vehicles: readonly VehicleId[] }

export type OutageFound = {
  readonly cell: string
  readonly lat: number
  readonly lon: number
  readonly beganAt: EpochMs
  /** How many cars were in contact there before. */
  readonly there: number
  readonly silent: readonly { readonly vehicleId: VehicleId; readonly since: EpochMs }[]
}

export type OutageChanges = {
  readonly found: readonly OutageFound[]
  readonly joined: readonly { readonly id: string; readonly vehicleId: VehicleId; readonly since: EpochMs }[]
  readonly back: readonly { readonly id: string; readonly vehicleId: VehicleId; readonly at: EpochMs }[]
  readonly ended: readonly string[]
}

/** About 5.5 km on each side at our latitudes: the reach of some base stations, a district of a city. */
const [CELL_LAT, CELL_LON] = [0.05, 0.09]
const AT_ONCE: Millis = minutes(10)
/** So many cars, and so large a share of those that were in contact there. */
const [LEAST_CARS, LEAST_SHARE] = [4, 0.5]
/** It is over when so large a share of its cars has been heard again. */
const ENDED_SHARE = 0.5

/** Pure. The district a place lies in; its name is its south-western corner. */
export function cellOf({ lat, lon }: Pick<Contact, 'lat' | 'lon'>): string {
  const [row, column] = [Math.floor(lat / CELL_LAT), Math.floor(lon / CELL_LON)]
  return `${(row * CELL_LAT).toFixed(2)} ${(column * CELL_LON).toFixed(2)}`
}

const middleOf = (cell: string): { readonly lat: number; readonly lon: number } => {
  const [lat = 0, lon = 0] = cell.split(' ').map(Number)
  return { lat: lat + CELL_LAT / 2, lon: lon + CELL_LON / 2 }
}

/**
 * Pure. Neighbours that fall silent together are an outage of their district, not so many tampered cars. What one car does
 * alone is never an outage; a car that was silent before is not counted.
 */
export function outageChanges(contacts: readonly Contact[], open: readonly OpenOutage[], now: EpochMs): OutageChanges {
  const byVehicle = new Map(contacts.map((contact) => [contact.vehicleId, contact]))
  const back = open.flatMap(({ id, vehicles }) =>
    vehicles.flatMap((vehicleId) => {
      const contact = byVehicle.get(vehicleId)
      return contact?.online === true ? [{ id, vehicleId, at: contact.changedAt }] : []
    }),
  )
  const ended = open.flatMap(({ id, vehicles }) => {
    const silent = vehicles.filter((vehicle) => byVehicle.get(vehicle)?.online === false).length
    return silent <= vehicles.length * (1 - ENDED_SHARE) ? [id] : []
  })
  const going = new Map(open.filter(({ id }) => !ended.includes(id)).map((outage) => [outage.cell, outage]))
  const found: OutageFound[] = []
  const joined: { id: string; vehicleId: VehicleId; since: EpochMs }[] = []
  for (const [cell, cars] of Map.groupBy(contacts, cellOf)) {
    const fresh = cars.filter(({ online, changedAt }) => !online && now - changedAt <= AT_ONCE)
    const outage = going.get(cell)
    if (outage !== undefined) {
      for (const { vehicleId, changedAt } of fresh)
        if (!outage.vehicles.includes(vehicleId)) joined.push({ id: outage.id, vehicleId, since: changedAt })
      continue
    }
    const there = fresh.length + cars.filter(({ online }) => online).length
    if (fresh.length < LEAST_CARS || fresh.length < there * LEAST_SHARE) continue
    const silent = fresh.map(({ vehicleId, changedAt }) => ({ vehicleId, since: changedAt }))
    const [first] = silent.map(({ since }) => since).toSorted((a, b) => a - b)
    if (first !== undefined) found.push({ cell, ...middleOf(cell), beganAt: first, there, silent })
  }
  return { found, joined, back, ended }
}
