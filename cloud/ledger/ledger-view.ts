import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import { LeaseId } from '../leases/lease.ts'
import { ParkId } from '../parks/park.ts'
import type { LedgerEntryRow, LedgerTransactionRow, PaymentPromiseRow } from '../postgres/ledger-tables.ts'
import { ACCOUNT_KINDS, AccountCode } from './account.ts'
import { PostingKind, TransactionId } from './posting.ts'
import { PromiseId, PromiseState } from './promise.ts'

/** A posting as REST shows it: entries count towards the account's owner, and sum to zero. */
export const PostingView = z
  .strictObject({
    id: TransactionId,
    number: z.int(),
    key: z.string(),
    kind: PostingKind,
    at: Instant,
    postedAt: Instant,
    parkId: ParkId,
    driverId: DriverId.nullable(),
    leaseId: LeaseId.nullable(),
    vehicleId: VehicleId.nullable(),
    note: z.string(),
    by: z.string(),
    reverses: TransactionId.nullable(),
    entries: z.array(z.strictObject({ account: AccountCode, kopecks: z.int() })),
  })
  .meta({ id: 'Posting' })
export type PostingView = z.infer<typeof PostingView>

export const AccountView = z.strictObject({
  code: AccountCode,
  kind: z.enum(ACCOUNT_KINDS),
  driverId: DriverId.nullable(),
  leaseId: LeaseId.nullable(),
  parkId: ParkId,
  /** Towards the owner; of cash, bank and aggregator with the sign turned, so that money in hand is above zero. */
  kopecks: z.int(),
})
export type AccountView = z.infer<typeof AccountView>

export const PromiseView = z
  .strictObject({
    id: PromiseId,
    driverId: DriverId,
    kopecks: z.int(),
    promisedAt: Instant,
    untilAt: Instant,
    state: PromiseState,
    settledAt: Instant.nullable(),
    by: z.string(),
    note: z.string(),
  })
  .meta({ id: 'PaymentPromise' })
export type PromiseView = z.infer<typeof PromiseView>

/** Pure. */
export const postingView = (row: LedgerTransactionRow, entries: readonly LedgerEntryRow[]): PostingView => ({
  id: row.id,
  number: row.number,
  key: row.key,
  kind: row.kind,
  at: row.at,
  postedAt: row.postedAt,
  parkId: row.parkId,
  driverId: row.driverId,
  leaseId: row.leaseId,
  vehicleId: row.vehicleId,
  note: row.note,
  by: row.byName,
  reverses: row.reverses,
  entries: entries.map(({ account, kopecks }) => ({ account, kopecks })),
})

const IN_HAND: ReadonlySet<string> = new Set(['cash', 'bank', 'aggregator'])

/** Pure. */
export const accountView = (account: AccountView): AccountView => ({
  ...account,
  kopecks: IN_HAND.has(account.kind) ? 0 - account.kopecks : account.kopecks,
})

/** Pure. */
export const promiseView = (row: PaymentPromiseRow): PromiseView => ({
  id: row.id,
  driverId: row.driverId,
  kopecks: row.kopecks,
  promisedAt: row.promisedAt,
  untilAt: row.untilAt,
  state: row.state,
  settledAt: row.settledAt,
  by: row.byName,
  note: row.note,
})
