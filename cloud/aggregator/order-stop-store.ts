import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { OrderLimit } from './order-gate.ts'

export type OrderStopStore = ReturnType<typeof createOrderStopStore>

/** Whose new orders are stopped, and what stood there before; what the aggregator last said of drivers. */
export function createOrderStopStore(db: Db) {
  return {
    standing: (driverId: DriverId) =>
      db
        .selectFrom('orderStops')
        .selectAll()
        .where('driverId', '=', driverId)
        .where('allowedAt', 'is', null)
        .executeTakeFirst(),
    /** Before the aggregator is told: what stood there is known whatever happens in between. */
    begin: async (stop: {
      readonly driverId: DriverId
      readonly source: string
      readonly externalId: string
      readonly before: OrderLimit
      readonly at: EpochMs
    }): Promise<void> => {
      const { at, before, ...rest } = stop
      const row = { ...rest, before: JSON.stringify(before), begunAt: at, stoppedAt: null, allowedAt: null }
      await db
        .insertInto('orderStops')
        .values(row)
        .onConflict((conflict) => conflict.column('driverId').doUpdateSet(row))
        .execute()
    },
    told: (driverId: DriverId, change: { readonly stoppedAt: EpochMs } | { readonly allowedAt: EpochMs }) =>
      db.updateTable('orderStops').set(change).where('driverId', '=', driverId).execute(),
    /** Of these those whose orders are stopped now. */
    stopped: async (drivers: readonly DriverId[]): Promise<ReadonlySet<string>> => {
      if (drivers.length === 0) return new Set()
      const rows = await db
        .selectFrom('orderStops')
        .select('driverId')
        .where('driverId', 'in', drivers)
        .where('stoppedAt', 'is not', null)
        .where('allowedAt', 'is', null)
        .execute()
      return new Set(rows.map(({ driverId }) => driverId))
    },
    refOf: (driverId: DriverId) =>
      db.selectFrom('driverRefs').select(['source', 'externalId']).where('driverId', '=', driverId).executeTakeFirst(),
    refsOf: (drivers: readonly DriverId[]) =>
      drivers.length === 0
        ? Promise.resolve([])
        : db.selectFrom('driverRefs').select(['driverId', 'source']).where('driverId', 'in', drivers).execute(),
    /** Every driver of these vehicles' running leases with what his source last said of him. */
    driversOf: (vehicles: readonly VehicleId[]) =>
      vehicles.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('leases')
            .innerJoin('leaseParties', 'leaseParties.leaseId', 'leases.id')
            .leftJoin('balances', 'balances.driverId', 'leaseParties.driverId')
            .select(['leases.vehicleId', 'leaseParties.driverId', 'balances.status', 'balances.asOf'])
            .where('leases.state', 'in', ['active', 'returning'])
            .where('leaseParties.untilAt', 'is', null)
            .where('leases.vehicleId', 'in', vehicles)
            .execute(),
  }
}
