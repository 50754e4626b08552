import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { PaymentPromiseRow } from '../postgres/ledger-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { PromiseId, PromiseState } from './promise.ts'

export type PromiseStore = ReturnType<typeof createPromiseStore>

/** Promises to pay; of one driver at most one is open. */
export function createPromiseStore(db: Db) {
  const all = () => db.selectFrom('paymentPromises').selectAll()
  return {
    find: (id: PromiseId): Promise<PaymentPromiseRow | undefined> => all().where('id', '=', id).executeTakeFirst(),
    /** Locked, so that it is settled once. */
    openOf: (driverId: DriverId): Promise<PaymentPromiseRow | undefined> =>
      all().where('driverId', '=', driverId).where('state', '=', 'open').forUpdate().executeTakeFirst(),
    /** That were not withdrawn. */
    newestOf: (driverId: DriverId): Promise<PaymentPromiseRow | undefined> =>
      all()
        .where('driverId', '=', driverId)
        .where('state', '<>', 'withdrawn')
        .orderBy('promisedAt', 'desc')
        .limit(1)
        .executeTakeFirst(),
    /** Whose time is over; drivers only, each to be settled in a transaction of its own. */
    overdue: async (now: EpochMs, limit: number): Promise<readonly DriverId[]> => {
      const due = db
        .selectFrom('paymentPromises')
        .select('driverId')
        .where('state', '=', 'open')
        .where('untilAt', '<', now)
      return (await due.orderBy('untilAt').limit(limit).execute()).map(({ driverId }) => driverId)
    },
    list: async (query: {
      readonly parks: ParksInSight
      readonly driverId?: DriverId | undefined
      readonly state?: PromiseState | undefined
      readonly limit: number
    }): Promise<readonly PaymentPromiseRow[]> => {
      if (query.parks.length === 0) return []
      let found = all()
      if (query.parks !== 'all')
        found = found.where(
          'parkId',
          'in',
          query.parks.map((park) => ParkId.parse(park)),
        )
      if (query.driverId !== undefined) found = found.where('driverId', '=', query.driverId)
      if (query.state !== undefined) found = found.where('state', '=', query.state)
      return found.orderBy('promisedAt', 'desc').orderBy('id').limit(query.limit).execute()
    },
    insert: (row: PaymentPromiseRow) => db.insertInto('paymentPromises').values(row).execute(),
    settle: (id: PromiseId, state: PromiseState, settledAt: EpochMs) =>
      db
        .updateTable('paymentPromises')
        .set({ state, settledAt })
        .where('id', '=', id)
        .where('state', '=', 'open')
        .execute(),
  }
}
