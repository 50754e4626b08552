import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { ParkId } from '../parks/park.ts'
import type { Share } from '../shifts/shift.ts'
import {
  type Account,
  type AccountCode,
  driverAccount,
  leaseAccount,
  parkAccount,
  promiseAccount,
  type Till,
} from './account.ts'

export const TransactionId = z.uuid().brand<'TransactionId'>()
export type TransactionId = z.infer<typeof TransactionId>

export const PostingKind = z.enum([
  'charge',
  'top-up',
  'fine',
  'deposit',
  'deposit-return',
  'correction',
  'reversal',
  'promise',
  'promise-end',
  'merge',
  'buyout',
])
export type PostingKind = z.infer<typeof PostingKind>

export type PostedBy = { readonly kind: 'user' | 'rule'; readonly id: string; readonly name: string }

/** Kopecks to one account: more for its owner when positive, less when negative. */
export type Entry = { readonly account: Account; readonly kopecks: number }

/** An event in money. The same event has the same key, however often it is posted. */
export type Posting = {
  readonly key: string
  readonly kind: PostingKind
  readonly at: EpochMs
  readonly parkId: ParkId
  readonly driverId: DriverId | null
  readonly leaseId: LeaseId | null
  readonly vehicleId: VehicleId | null
  readonly note: string
  readonly by: PostedBy
  readonly reverses: TransactionId | null
  readonly entries: readonly Entry[]
}

type Common = Pick<Posting, 'key' | 'at' | 'parkId' | 'note' | 'by'>
type OfDriver = Common & { readonly driverId: DriverId }

/** Pure. One entry an account, in the order of their codes, none of zero: two postings then lock in one order. */
export function entriesOf(raw: readonly Entry[]): readonly Entry[] {
  const sums = new Map<AccountCode, Entry>()
  for (const { account, kopecks } of raw)
    sums.set(account.code, { account, kopecks: kopecks + (sums.get(account.code)?.kopecks ?? 0) })
  return [...sums.values()]
    .filter(({ kopecks }) => kopecks !== 0)
    .sort((one, other) => (one.account.code < other.account.code ? -1 : 1))
}

const posting = (
  kind: PostingKind,
  common: Common & Partial<Pick<Posting, 'driverId' | 'leaseId' | 'vehicleId' | 'reverses'>>,
  entries: readonly Entry[],
): Posting => ({
  key: common.key,
  kind,
  at: common.at,
  parkId: common.parkId,
  driverId: common.driverId ?? null,
  leaseId: common.leaseId ?? null,
  vehicleId: common.vehicleId ?? null,
  note: common.note,
  by: common.by,
  reverses: common.reverses ?? null,
  entries: entriesOf(entries),
})

/** Pure. A day of a lease: its drivers pay, the park earns, and of a buy-out a part counts towards the price. */
export function chargePosting(
  charge: Common & {
    readonly leaseId: LeaseId
    readonly vehicleId: VehicleId
    readonly shares: readonly Share[]
    readonly towardsPriceKopecks: number
  },
): Posting {
  const { parkId, shares, leaseId } = charge
  const total = shares.reduce((sum, { kopecks }) => sum + kopecks, 0)
  const towardsPrice = Math.min(charge.towardsPriceKopecks, total)
  const [payer, another] = shares
  return posting('charge', { ...charge, driverId: another === undefined ? (payer?.driverId ?? null) : null }, [
    ...shares.map(({ driverId, kopecks }) => ({ account: driverAccount(driverId, parkId), kopecks: -kopecks })),
    { account: parkAccount('rent', parkId), kopecks: total - towardsPrice },
    { account: leaseAccount('buyout', leaseId, parkId), kopecks: towardsPrice },
  ])
}

type Moved = OfDriver & { readonly kopecks: number }

/** Pure. Money has come in for a driver. */
export const topUpPosting = (paid: Moved & { readonly via: Till }): Posting =>
  posting('top-up', paid, [
    { account: driverAccount(paid.driverId, paid.parkId), kopecks: paid.kopecks },
    { account: parkAccount(paid.via, paid.parkId), kopecks: -paid.kopecks },
  ])

/** Pure. A fine that a driver has to bear. */
export const finePosting = (fine: Moved & { readonly vehicleId: VehicleId | null }): Posting =>
  posting('fine', fine, [
    { account: driverAccount(fine.driverId, fine.parkId), kopecks: -fine.kopecks },
    { account: parkAccount('fines', fine.parkId), kopecks: fine.kopecks },
  ])

/** Pure. A deposit taken from (`deposit`) or given back to (`deposit-return`) a driver's balance or a till. */
export function depositPosting(
  moved: Moved & { readonly leaseId: LeaseId; readonly direction: 'in' | 'out'; readonly via: Till | 'balance' },
): Posting {
  const kopecks = moved.direction === 'in' ? moved.kopecks : -moved.kopecks
  const other =
    moved.via === 'balance' ? driverAccount(moved.driverId, moved.parkId) : parkAccount(moved.via, moved.parkId)
  return posting(moved.direction === 'in' ? 'deposit' : 'deposit-return', moved, [
    { account: leaseAccount('deposit', moved.leaseId, moved.parkId), kopecks },
    { account: other, kopecks: -kopecks },
  ])
}

/** Pure. An accountant's correction of a driver's balance, up or down. */
export const correctionPosting = (corrected: Moved): Posting =>
  posting('correction', corrected, [
    { account: driverAccount(corrected.driverId, corrected.parkId), kopecks: corrected.kopecks },
    { account: parkAccount('corrections', corrected.parkId), kopecks: -corrected.kopecks },
  ])

/** Pure. What was paid of a vehicle's price at the beginning. */
export const buyoutPosting = (paid: Moved & { readonly leaseId: LeaseId; readonly via: Till | 'balance' }): Posting =>
  posting('buyout', paid, [
    { account: leaseAccount('buyout', paid.leaseId, paid.parkId), kopecks: paid.kopecks },
    {
      account: paid.via === 'balance' ? driverAccount(paid.driverId, paid.parkId) : parkAccount(paid.via, paid.parkId),
      kopecks: -paid.kopecks,
    },
  ])

/** Pure. A promise is remembered, or settled when `kopecks` is below zero. No balance is touched. */
export const promisePosting = (promised: Moved): Posting =>
  posting(promised.kopecks > 0 ? 'promise' : 'promise-end', promised, [
    { account: promiseAccount(promised.driverId, promised.parkId), kopecks: promised.kopecks },
    { account: parkAccount('promised', promised.parkId), kopecks: -promised.kopecks },
  ])

/** Pure. The balance of a double goes to the driver that stays. */
export const mergePosting = (merged: Moved & { readonly into: DriverId }): Posting =>
  posting('merge', { ...merged, driverId: merged.into }, [
    { account: driverAccount(merged.driverId, merged.parkId), kopecks: -merged.kopecks },
    { account: driverAccount(merged.into, merged.parkId), kopecks: merged.kopecks },
  ])

/** Pure. Undoes a posting, entry by entry; both stay. */
export const reversalPosting = (
  original: Omit<Posting, 'key' | 'by' | 'note' | 'at'> & { readonly id: TransactionId },
  said: Pick<Posting, 'at' | 'note' | 'by'>,
): Posting =>
  posting(
    'reversal',
    { ...original, ...said, key: `reversal ${original.id}`, reverses: original.id },
    original.entries.map(({ account, kopecks }) => ({ account, kopecks: -kopecks })),
  )

/** Pure. What two postings of one key must have in common to be the same event. */
export const fingerprintOf = ({ kind, entries }: Posting): string =>
  [kind, ...entries.map(({ account, kopecks }) => `${account.code} ${kopecks}`)].join('; ')

/** Pure. Why a posting cannot be written down; undefined when it can. */
export function troubleWith({ entries }: Posting): string | undefined {
  if (entries.length < 2) return 'nothing moves'
  if (entries.some(({ kopecks }) => !Number.isSafeInteger(kopecks))) return 'kopecks are whole numbers'
  return entries.reduce((sum, { kopecks }) => sum + kopecks, 0) === 0 ? undefined : 'the entries do not sum to zero'
}
