import { type SqlBool, sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Moment } from './fine.ts'

const hasPlate = (plate: string) =>
  sql<SqlBool>`upper(replace(plate, ' ', '')) = ${plate.toUpperCase().replace(/\s/g, '')}`

export type FineStore = ReturnType<typeof createFineStore>

/** Whose car it was, by plate and moment. */
export function createFineStore(db: Db) {
  return {
    /** A plate as it is written on a resolution: spaces and case apart. */
    vehicleOf: async (plate: string): Promise<VehicleId | undefined> => {
      const row = await db.selectFrom('vehicles').select('id').where(hasPlate(plate)).executeTakeFirst()
      return row?.id
    },
    /** Whether such a car is there for who sees these parks. */
    isInSight: async (plate: string, parks: ParksInSight): Promise<boolean> => {
      let cars = db.selectFrom('vehicles').select('id').where(hasPlate(plate))
      if (parks !== 'all') cars = cars.where(sql<SqlBool>`park_id::text = any(${[...parks]}::text[])`)
      return (await cars.executeTakeFirst()) !== undefined
    },
    momentOf: async (vehicle: VehicleId, at: EpochMs): Promise<Moment> => {
      const shifts = await db
        .selectFrom('shifts')
        .innerJoin('leases', 'leases.id', 'shifts.leaseId')
        .select(['shifts.driverId', 'shifts.leaseId', 'leases.parkId'])
        .where('shifts.vehicleId', '=', vehicle)
        .where('shifts.openedAt', '<=', at)
        .where(({ or, eb }) => or([eb('shifts.closedAt', 'is', null), eb('shifts.closedAt', '>', at)]))
        .execute()
      const parties = await db
        .selectFrom('leases')
        .innerJoin('leaseParties', 'leaseParties.leaseId', 'leases.id')
        .select(['leases.id as leaseId', 'leases.parkId', 'leaseParties.driverId'])
        .where('leases.vehicleId', '=', vehicle)
        .where('leases.activatedAt', '<=', at)
        .where(({ or, eb }) => or([eb('leases.endedAt', 'is', null), eb('leases.endedAt', '>', at)]))
        .where('leaseParties.fromAt', '<=', at)
        .where(({ or, eb }) => or([eb('leaseParties.untilAt', 'is', null), eb('leaseParties.untilAt', '>', at)]))
        .execute()
      const leases = [...Map.groupBy(parties, ({ leaseId }) => leaseId)].flatMap(([leaseId, rows]) => {
        const [first] = rows
        return first === undefined
          ? []
          : [{ leaseId, parkId: first.parkId, drivers: rows.map(({ driverId }) => driverId) }]
      })
      return { shifts, leases }
    },
  }
}
