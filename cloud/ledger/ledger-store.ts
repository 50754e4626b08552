import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import type { LeaseId } from '../leases/lease.ts'
import { ParkId } from '../parks/park.ts'
import type { LedgerAccountRow, LedgerEntryRow, LedgerTransactionRow } from '../postgres/ledger-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { AccountCode } from './account.ts'
import { fingerprintOf, type Posting, type PostingKind, type TransactionId } from './posting.ts'

export type LedgerStore = ReturnType<typeof createLedgerStore>

export type LedgerQuery = {
  readonly parks: ParksInSight
  readonly driverId?: DriverId | undefined
  readonly leaseId?: LeaseId | undefined
  readonly vehicleId?: VehicleId | undefined
  readonly kind?: PostingKind | undefined
  readonly from?: EpochMs | undefined
  readonly to?: EpochMs | undefined
  readonly limit: number
  readonly before?: number | undefined
}

export type StatementLineRow = {
  readonly at: EpochMs
  readonly kind: PostingKind
  readonly note: string
  readonly kopecks: number
  readonly transactionId: TransactionId
}

/** Whose statement: a driver's own account, or what a lease did to the accounts of its drivers. */
export type StatementOf =
  | { readonly of: 'driver'; readonly id: DriverId }
  | { readonly of: 'lease'; readonly id: LeaseId }

/** Accounts, postings and entries. Only ever added to: the database itself refuses anything else. */
export function createLedgerStore(db: Db) {
  const linesOf = ({ of, id }: StatementOf) =>
    of === 'driver'
      ? sql`from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
          where e.account = ${`driver:${id}`}`
      : sql`from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
          join ledger_accounts a on a.code = e.account where t.lease_id = ${id}::uuid and a.kind = 'driver'`
  return {
    byKey: (key: string): Promise<LedgerTransactionRow | undefined> =>
      db.selectFrom('ledgerTransactions').selectAll().where('key', '=', key).executeTakeFirst(),
    byId: (id: TransactionId): Promise<LedgerTransactionRow | undefined> =>
      db.selectFrom('ledgerTransactions').selectAll().where('id', '=', id).executeTakeFirst(),
    reversalOf: (id: TransactionId): Promise<LedgerTransactionRow | undefined> =>
      db.selectFrom('ledgerTransactions').selectAll().where('reverses', '=', id).executeTakeFirst(),
    /** Whether it was written: false when the key is known. */
    add: async (id: TransactionId, posting: Posting, postedAt: EpochMs): Promise<boolean> => {
      const { entries, by, ...facts } = posting
      const written = await db
        .insertInto('ledgerTransactions')
        .values({
          ...facts,
          id,
          postedAt,
          fingerprint: fingerprintOf(posting),
          byKind: by.kind,
          byId: by.id,
          byName: by.name,
        })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (written === undefined) return false
      await db
        .insertInto('ledgerAccounts')
        .values(entries.map(({ account }) => account))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await db
        .insertInto('ledgerEntries')
        .values(
          entries.map(({ account, kopecks }, line) => ({ transactionId: id, line, account: account.code, kopecks })),
        )
        .execute()
      return true
    },
    entriesOf: async (ids: readonly TransactionId[]): Promise<readonly LedgerEntryRow[]> =>
      ids.length === 0
        ? []
        : db.selectFrom('ledgerEntries').selectAll().where('transactionId', 'in', ids).orderBy('line').execute(),
    accounts: async (codes: readonly AccountCode[]): Promise<readonly LedgerAccountRow[]> =>
      codes.length === 0 ? [] : db.selectFrom('ledgerAccounts').selectAll().where('code', 'in', codes).execute(),
    /** With their sums: of a driver with his leases' accounts, of a lease, or of whole parks. */
    accountsOf: async (query: {
      readonly parks: ParksInSight
      readonly driverId?: DriverId | undefined
      readonly leaseId?: LeaseId | undefined
    }) => {
      if (query.parks.length === 0) return []
      const { driverId, leaseId, parks } = query
      const inPark =
        parks === 'all' ? sql`true` : sql`a.park_id in (${sql.join(parks.map((park) => sql`${park}::uuid`))})`
      const whose =
        driverId !== undefined
          ? sql`a.driver_id = ${driverId}::uuid`
          : leaseId !== undefined
            ? sql`a.lease_id = ${leaseId}::uuid`
            : sql`a.driver_id is null and a.lease_id is null`
      const found = await sql<Omit<LedgerAccountRow, 'kopecks'> & { kopecks: number }>`
        select a.code, a.kind, a.driver_id, a.lease_id, a.park_id,
          (select coalesce(sum(e.kopecks), 0)::bigint from ledger_entries e where e.account = a.code) as kopecks
        from ledger_accounts a where ${inPark} and ${whose} order by a.code`.execute(db)
      return found.rows
    },
    /** Newest first, by the order of posting. */
    list: async (query: LedgerQuery): Promise<readonly LedgerTransactionRow[]> => {
      const { parks, driverId, leaseId, vehicleId, kind, from, to, before, limit } = query
      if (parks.length === 0) return []
      let found = db.selectFrom('ledgerTransactions').selectAll()
      if (parks !== 'all')
        found = found.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      if (driverId !== undefined)
        // A charge that several drivers share names none of them.
        found = found.where((or) =>
          or.or([
            or('driverId', '=', driverId),
            or(
              'id',
              'in',
              db
                .selectFrom('ledgerEntries')
                .select('transactionId')
                .where(sql<boolean>`account = ${`driver:${driverId}`}`),
            ),
          ]),
        )
      if (leaseId !== undefined) found = found.where('leaseId', '=', leaseId)
      if (vehicleId !== undefined) found = found.where('vehicleId', '=', vehicleId)
      if (kind !== undefined) found = found.where('kind', '=', kind)
      if (from !== undefined) found = found.where('at', '>=', from)
      if (to !== undefined) found = found.where('at', '<', to)
      if (before !== undefined) found = found.where('number', '<', before)
      return found.orderBy('number', 'desc').limit(limit).execute()
    },
    /** Kopecks before the moment, and the lines of the time, oldest first. */
    statement: async (whose: StatementOf, from: EpochMs, to: EpochMs, most: number) => {
      const [opening, lines] = await Promise.all([
        sql<{ kopecks: number }>`select coalesce(sum(e.kopecks), 0)::bigint as kopecks ${linesOf(whose)}
          and t.at < ${from}`.execute(db),
        sql<StatementLineRow>`select t.at, t.kind, t.note, e.kopecks, t.id as transaction_id ${linesOf(whose)}
          and t.at >= ${from} and t.at < ${to} order by t.at, t.number limit ${most}`.execute(db),
      ])
      return { openingKopecks: opening.rows[0]?.kopecks ?? 0, lines: lines.rows }
    },
    /** What has come in for a driver since, reversals taken off. */
    paidSince: async (driverId: DriverId, since: EpochMs): Promise<number> => {
      const found = await sql<{ kopecks: number }>`select coalesce(sum(e.kopecks), 0)::bigint as kopecks
        from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
        left join ledger_transactions o on o.id = t.reverses
        where e.account = ${`driver:${driverId}`} and t.at >= ${since}
          and coalesce(o.kind, t.kind) = 'top-up'`.execute(db)
      return found.rows[0]?.kopecks ?? 0
    },
  }
}
