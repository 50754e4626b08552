import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { AppealTable } from '../postgres/page-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { AppealId } from './appeal.ts'

export type AppealStore = ReturnType<typeof createAppealStore>
export type AppealRow = Omit<AppealTable, 'holds'> & { readonly holds: readonly HoldReason[] }
export type AppealQuery = {
  readonly parks: ParksInSight
  readonly state?: 'open' | 'answered' | undefined
  readonly driverId?: DriverId | undefined
  readonly limit: number
  readonly before?: { readonly at: EpochMs; readonly id: AppealId } | undefined
}

/** Table `appeals`; of one driver at most one is open. */
export function createAppealStore(db: Db) {
  const all = () => db.selectFrom('appeals').selectAll()
  return {
    findLocked: (id: AppealId): Promise<AppealRow | undefined> =>
      all().where('id', '=', id).forUpdate().executeTakeFirst(),
    newestOf: (driver: DriverId): Promise<AppealRow | undefined> =>
      all().where('driverId', '=', driver).orderBy('at', 'desc').limit(1).executeTakeFirst(),
    /** Resolves to false while another one of this driver is open. */
    insert: async (row: AppealRow): Promise<boolean> => {
      const added = await db
        .insertInto('appeals')
        .values({ ...row, holds: JSON.stringify(row.holds) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return added.length > 0
    },
    answer: (id: AppealId, said: Pick<AppealRow, 'answer' | 'answeredAt' | 'answeredBy'>) =>
      db.updateTable('appeals').set(said).where('id', '=', id).execute(),
    /** Newest first. */
    list: async ({ parks, state, driverId, limit, before }: AppealQuery): Promise<readonly AppealRow[]> => {
      if (parks.length === 0) return []
      let query = all()
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      if (state !== undefined) query = query.where('answeredAt', state === 'open' ? 'is' : 'is not', null)
      if (driverId !== undefined) query = query.where('driverId', '=', driverId)
      if (before !== undefined) query = query.where(sql<boolean>`(at, id) < (${before.at}::bigint, ${before.id}::uuid)`)
      return query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
  }
}
