import { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Fact } from '../expressions/fact-type.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Knowledge } from '../vehicles/vehicle-service.ts'
import type { OutsideReads } from './fact-store.ts'

type Around = {
  readonly now: () => EpochMs
  readonly zoneOf: Knowledge['zoneOf']
  readonly zoneId: string
}

/** What the house's own tables say of vehicles and drivers, within the transaction of a decision. What is not told is unknown. */
export function createHouseReads(db: Db, { now, zoneOf, zoneId }: Around): OutsideReads {
  const holdsOf = (vehicle: VehicleId) =>
    db
      .selectFrom('holds')
      .select(['reason', 'key'])
      .where('vehicleId', '=', vehicle)
      .where('liftedAt', 'is', null)
      .execute()
  return {
    record: async (entity, id) => {
      if (entity !== 'vehicle') return undefined
      const vehicle = VehicleId.safeParse(id).data
      const row =
        vehicle &&
        (await db.selectFrom('vehicles').select(['plate', 'model']).where('id', '=', vehicle).executeTakeFirst())
      if (vehicle === undefined || row === undefined) return undefined
      const holds = await holdsOf(vehicle)
      return { plate: row.plate, model: row.model, holds: [...new Set(holds.map(({ reason }) => reason))] }
    },
    balance: async (driver, maxAgeMs): Promise<Fact> => {
      const id = DriverId.safeParse(driver).data
      const row =
        id &&
        (await db.selectFrom('balances').select(['kopecks', 'asOf']).where('driverId', '=', id).executeTakeFirst())
      const isOld = row !== undefined && maxAgeMs !== undefined && now() - row.asOf > maxAgeMs
      return row === undefined || isOld ? undefined : { kopecks: row.kopecks, asOf: row.asOf }
    },
    held: async (vehicle, reason, key) => {
      const id = VehicleId.safeParse(vehicle).data
      return id === undefined
        ? undefined
        : (await holdsOf(id)).some((hold) => hold.reason === reason && (key === undefined || hold.key === key))
    },
    zoneState: async (vehicle, zone) => {
      const id = VehicleId.safeParse(vehicle).data
      const standing =
        id === undefined || zone.replaceAll('_', '-') !== zoneId ? undefined : (await zoneOf([id])).get(id)
      return standing?.inside === null || standing === undefined
        ? undefined
        : { inside: standing.inside, since: standing.since }
    },
    areaOutage: async () => undefined,
    shift: async () => undefined,
  }
}
