import { sql } from 'kysely'
import type { Clock } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { BalanceSource } from './balance-source.ts'

export const LEDGER_SOURCE = 'ledger'
const PAGE = 500

/** Our own ledger as a source: every driver whose balance is kept nowhere else; without a posting it is zero. */
export function createLedgerBalanceStore(db: Db, clock: Clock): BalanceSource {
  return {
    id: LEDGER_SOURCE,
    page: async (cursor) => {
      // Taken before reading: a posting that commits meanwhile is newer than this page, and wins.
      const asOf = clock.now()
      const after = cursor === undefined ? '00000000-0000-0000-0000-000000000000' : DriverId.parse(cursor)
      const found = await sql<{ id: DriverId; kopecks: number }>`
        select d.id, coalesce(a.kopecks, 0) as kopecks from drivers d
          left join ledger_accounts a on a.code = 'driver:' || d.id
        where d.id > ${after}::uuid and d.state <> 'merged'
          and not exists (select from driver_refs r where r.driver_id = d.id)
        order by d.id limit ${PAGE}`.execute(db)
      const items = found.rows.map(({ id, kopecks }) => ({ externalId: id, kopecks }))
      return { items, refused: [], asOf, next: items.length < PAGE ? undefined : items.at(-1)?.externalId }
    },
  }
}
