import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { BalanceRow, BalanceSweepRow } from '../postgres/ledger-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { SourceBalance } from './balance-source.ts'

export type BalanceStore = ReturnType<typeof createBalanceStore>

export type BalanceChange = {
  readonly driverId: DriverId
  readonly kopecks: number
  readonly asOf: EpochMs
  readonly wasKopecks: number | null
}

/** The last balance told of each driver, and how the rounds through the sources go. */
export function createBalanceStore(db: Db) {
  return {
    of: async (drivers: readonly DriverId[]): Promise<readonly BalanceRow[]> =>
      drivers.length === 0 ? [] : db.selectFrom('balances').selectAll().where('driverId', 'in', drivers).execute(),
    /**
     * A page of a source, in one statement; what is stored already as of later stays. Answers what has changed and how many
     * of the page are nobody we know.
     */
    takePage: async (source: string, items: readonly SourceBalance[], asOf: EpochMs) => {
      if (items.length === 0) return { changes: [], known: 0 }
      const told = JSON.stringify(
        items.map(({ externalId, kopecks, status }) => ({ id: externalId, kopecks, status: status ?? null })),
      )
      const whose =
        source === 'ledger'
          ? sql`select d.id from drivers d where d.id = told.id::uuid
              and not exists (select from driver_refs r where r.driver_id = d.id)`
          : sql`select r.driver_id as id from driver_refs r where r.source = ${source} and r.external_id = told.id`
      const found = await sql<{ driverId: DriverId; kopecks: number; wasKopecks: number | null; taken: boolean }>`
        with page as (
          select who.id as driver_id, told.kopecks, told.status
          from jsonb_to_recordset(${told}::jsonb) as told (id text, kopecks bigint, status text)
          cross join lateral (${whose}) as who
        ), before as (
          select b.driver_id, b.kopecks from balances b join page using (driver_id)
        ), written as (
          insert into balances (driver_id, source, kopecks, as_of, status, changed_at)
          select driver_id, ${source}, kopecks, ${asOf}::bigint, status, ${asOf}::bigint from page order by driver_id
          on conflict (driver_id) do update set source = excluded.source, kopecks = excluded.kopecks,
            as_of = excluded.as_of, status = excluded.status,
            changed_at = case when balances.kopecks = excluded.kopecks then balances.changed_at else excluded.changed_at end
          where balances.as_of <= excluded.as_of
          returning driver_id
        )
        select page.driver_id, page.kopecks, before.kopecks as was_kopecks, written.driver_id is not null as taken
        from page left join before using (driver_id) left join written using (driver_id)`.execute(db)
      const changes: BalanceChange[] = found.rows.flatMap(({ driverId, kopecks, wasKopecks, taken }) =>
        taken && kopecks !== wasKopecks ? [{ driverId, kopecks, asOf, wasKopecks }] : [],
      )
      return { changes, known: found.rows.length }
    },
    /** The ledger's own word on a driver, unless his balance is kept elsewhere. */
    setOwn: async (driverId: DriverId, kopecks: number, asOf: EpochMs): Promise<BalanceChange | undefined> => {
      const found = await sql<{ wasKopecks: number | null }>`
        with before as (select kopecks from balances where driver_id = ${driverId}::uuid)
        insert into balances (driver_id, source, kopecks, as_of, status, changed_at)
        select ${driverId}::uuid, 'ledger', ${kopecks}::bigint, ${asOf}::bigint, null, ${asOf}::bigint
          where not exists (select from driver_refs where driver_id = ${driverId}::uuid)
        on conflict (driver_id) do update set source = excluded.source, kopecks = excluded.kopecks,
          as_of = greatest(balances.as_of, excluded.as_of), status = null,
          changed_at = case when balances.kopecks = excluded.kopecks then balances.changed_at else excluded.changed_at end
        returning (select kopecks from before) as was_kopecks`.execute(db)
      const [row] = found.rows
      return row === undefined ? undefined : { driverId, kopecks, asOf, wasKopecks: row.wasKopecks }
    },
    /**
     * Money that has come in here for a driver whose balance is kept elsewhere: counted on until that source speaks again.
     * The time of the value stays the source's.
     */
    addMeanwhile: async (driverId: DriverId, byKopecks: number, at: EpochMs): Promise<BalanceChange | undefined> => {
      const row = await db
        .updateTable('balances')
        .set((set) => ({ kopecks: set('kopecks', '+', byKopecks), changedAt: at }))
        .where('driverId', '=', driverId)
        .where('source', '<>', 'ledger')
        .returning(['kopecks', 'asOf'])
        .executeTakeFirst()
      return row && { driverId, kopecks: row.kopecks, asOf: row.asOf, wasKopecks: row.kopecks - byKopecks }
    },
    /** Whatever was known came from another source. */
    forget: (driverId: DriverId) => db.deleteFrom('balances').where('driverId', '=', driverId).execute(),

    /** A source begins its first round at once. */
    declare: async (sources: readonly string[], now: EpochMs): Promise<void> => {
      if (sources.length === 0) return
      await db
        .insertInto('balanceSweeps')
        .values(
          sources.map((source) => ({
            source,
            dueAt: now,
            takenUntil: null,
            startedAt: null,
            finishedAt: null,
            trouble: null,
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    /** Takes a round that is due and that no other instance has. */
    take: async (source: string, now: EpochMs, until: EpochMs): Promise<BalanceSweepRow | undefined> =>
      db
        .updateTable('balanceSweeps')
        .set({ takenUntil: until, startedAt: now })
        .where('source', '=', source)
        .where('dueAt', '<=', now)
        .where((or) => or.or([or('takenUntil', 'is', null), or('takenUntil', '<=', now)]))
        .returningAll()
        .executeTakeFirst(),
    /** Goes on with a round; false when another instance has taken it over meanwhile. */
    keep: async (source: string, startedAt: EpochMs, until: EpochMs): Promise<boolean> => {
      const row = await db
        .updateTable('balanceSweeps')
        .set({ takenUntil: until })
        .where('source', '=', source)
        .where('startedAt', '=', startedAt)
        .returning('source')
        .executeTakeFirst()
      return row !== undefined
    },
    finish: (
      source: string,
      startedAt: EpochMs,
      outcome: Pick<
        BalanceSweepRow,
        'dueAt' | 'failures' | 'finishedAt' | 'drivers' | 'strangers' | 'refused' | 'trouble'
      >,
    ) =>
      db
        .updateTable('balanceSweeps')
        .set({ ...outcome, takenUntil: null })
        .where('source', '=', source)
        .where('startedAt', '=', startedAt)
        .execute(),
    sweeps: (): Promise<readonly BalanceSweepRow[]> =>
      db.selectFrom('balanceSweeps').selectAll().orderBy('source').execute(),
    dueNow: (source: string, now: EpochMs) =>
      db
        .updateTable('balanceSweeps')
        .set({ dueAt: now })
        .where('source', '=', source)
        .where('dueAt', '>', now)
        .returning('source')
        .executeTakeFirst(),
  }
}
