import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import { MONTHS_LOCK, type Month, monthNamed } from './month.ts'

/** `kept`: some day of it has not been counted for the mileage ledger yet. */
export type Forgetting = 'dropped' | 'kept'

export type RetentionStore = ReturnType<typeof createRetentionStore>

/** The months of frames in the SQL database, and how to forget one. */
export function createRetentionStore({ db, inTransaction }: Pick<Postgres, 'db' | 'inTransaction'>) {
  return {
    /** Oldest first, those that ended before the moment. */
    monthsBefore: async (moment: EpochMs): Promise<readonly Month[]> => {
      const { rows } = await sql<{ name: string }>`select relname as name from pg_class
        join pg_inherits on inhrelid = pg_class.oid where inhparent = 'frames'::regclass order by relname`.execute(db)
      return rows.flatMap(({ name }) => monthNamed(name.replace('frames_', '')) ?? []).filter(({ to }) => to <= moment)
    },
    /** Drops a month, if every vehicle's day in it stands in the mileage ledger and none is to be counted anew. */
    forget: ({ name }: Month): Promise<Forgetting> =>
      inTransaction(async (within) => {
        await sql`select pg_advisory_xact_lock(${MONTHS_LOCK}::bigint)`.execute(within)
        const table = sql.table(`frames_${name}`)
        // Days are Moscow's, as in the ledger.
        const uncounted = await sql`select 1 from (
            select distinct vehicle_id, to_char(to_timestamp(read_at / 1000 + 10800) at time zone 'UTC', 'YYYY-MM-DD') as day
            from ${table} where vehicle_id is not null) as seen
          where exists (select 1 from mileage_due as due where due.vehicle_id = seen.vehicle_id and due.day = seen.day)
            or not exists (select 1 from mileage_days as counted
              where counted.vehicle_id = seen.vehicle_id and counted.day = seen.day)
          limit 1`.execute(within)
        if (uncounted.rows.length > 0) return 'kept'
        await sql`drop table ${table}`.execute(within)
        return 'dropped'
      }),
  }
}
