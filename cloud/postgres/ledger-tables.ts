import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { OrderLimit } from '../aggregator/order-gate.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { AccountCode, AccountKind } from '../ledger/account.ts'
import type { PostingKind, TransactionId } from '../ledger/posting.ts'
import type { PromiseId, PromiseState } from '../ledger/promise.ts'
import type { ParkId } from '../parks/park.ts'
import type { Generated, Json } from './column.ts'

export type LedgerAccountRow = {
  readonly code: AccountCode
  readonly kind: AccountKind
  readonly driverId: DriverId | null
  readonly leaseId: LeaseId | null
  readonly parkId: ParkId
  readonly kopecks: number
}

export type LedgerTransactionRow = {
  readonly id: TransactionId
  readonly number: number
  readonly key: string
  readonly fingerprint: string
  readonly kind: PostingKind
  readonly at: EpochMs
  readonly postedAt: EpochMs
  readonly parkId: ParkId
  readonly driverId: DriverId | null
  readonly leaseId: LeaseId | null
  readonly vehicleId: VehicleId | null
  readonly note: string
  readonly byKind: 'user' | 'rule'
  readonly byId: string
  readonly byName: string
  readonly reverses: TransactionId | null
}

export type LedgerEntryRow = {
  readonly transactionId: TransactionId
  readonly line: number
  readonly account: AccountCode
  readonly kopecks: number
}

export type PaymentPromiseRow = {
  readonly id: PromiseId
  readonly driverId: DriverId
  readonly parkId: ParkId
  readonly kopecks: number
  readonly promisedAt: EpochMs
  readonly untilAt: EpochMs
  readonly state: PromiseState
  readonly settledAt: EpochMs | null
  readonly byKind: 'user' | 'rule'
  readonly byId: string
  readonly byName: string
  readonly note: string
}

export type BalanceRow = {
  readonly driverId: DriverId
  readonly source: string
  readonly kopecks: number
  readonly asOf: EpochMs
  readonly status: string | null
  readonly changedAt: EpochMs
}

export type BalanceSweepRow = {
  readonly source: string
  readonly dueAt: EpochMs
  readonly takenUntil: EpochMs | null
  readonly failures: number
  readonly startedAt: EpochMs | null
  readonly finishedAt: EpochMs | null
  readonly drivers: number
  readonly strangers: number
  readonly refused: number
  readonly trouble: string | null
}

export type ArrearsForecastRow = {
  readonly parkId: ParkId
  readonly madeOn: Day
  readonly forDay: Day
  readonly expectedKopecks: number
  readonly p20Kopecks: number
  readonly p80Kopecks: number
  readonly drivers: number
  readonly unknown: number
  readonly actualKopecks: number | null
  readonly madeAt: EpochMs
}

export type OrderStopRow = {
  readonly driverId: DriverId
  readonly source: string
  readonly externalId: string
  readonly before: OrderLimit
  readonly begunAt: EpochMs
  readonly stoppedAt: EpochMs | null
  readonly allowedAt: EpochMs | null
}

export type LedgerTables = {
  ledgerAccounts: Omit<LedgerAccountRow, 'kopecks'> & { readonly kopecks: Generated<number> }
  ledgerTransactions: Omit<LedgerTransactionRow, 'number'> & { readonly number: Generated<number> }
  ledgerEntries: LedgerEntryRow
  paymentPromises: PaymentPromiseRow
  balances: BalanceRow
  balanceSweeps: Omit<BalanceSweepRow, 'failures' | 'drivers' | 'strangers' | 'refused'> & {
    readonly failures: Generated<number>
    readonly drivers: Generated<number>
    readonly strangers: Generated<number>
    readonly refused: Generated<number>
  }
  arrearsForecasts: ArrearsForecastRow
  orderStops: Omit<OrderStopRow, 'before'> & { readonly before: Json<OrderLimit> }
}
