import { z } from 'zod'
import type { DriverId } from '../drivers/driver.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { ParkId } from '../parks/park.ts'

export const ACCOUNT_KINDS = [
  'driver',
  'deposit',
  'buyout',
  'rent',
  'fines',
  'corrections',
  'cash',
  'bank',
  'aggregator',
  'promise',
  'promised',
] as const
export type AccountKind = (typeof ACCOUNT_KINDS)[number]

/** `driver:<id>`, `deposit:<lease>`, `buyout:<lease>`, `promise:<driver>`, or `rent:<park>` and the other ones of a park. */
export const AccountCode = z
  .string()
  .regex(/^[a-z]+:[0-9a-f-]{36}$/)
  .brand<'AccountCode'>()
export type AccountCode = z.infer<typeof AccountCode>

/** Where money comes in and goes out. */
export const Till = z.enum(['cash', 'bank', 'aggregator'])
export type Till = z.infer<typeof Till>

export type Account = {
  readonly code: AccountCode
  readonly kind: AccountKind
  readonly driverId: DriverId | null
  readonly leaseId: LeaseId | null
  readonly parkId: ParkId
}

const code = (kind: AccountKind, owner: string): AccountCode => AccountCode.parse(`${kind}:${owner}`)

/** Pure. What we owe a driver; below zero, what he owes us. */
export const driverAccount = (driverId: DriverId, parkId: ParkId): Account => ({
  code: code('driver', driverId),
  kind: 'driver',
  driverId,
  leaseId: null,
  parkId,
})

/** Pure. Memo: what a driver has promised and not yet paid. It is no money. */
export const promiseAccount = (driverId: DriverId, parkId: ParkId): Account => ({
  code: code('promise', driverId),
  kind: 'promise',
  driverId,
  leaseId: null,
  parkId,
})

/** Pure. The deposit held for a lease, or what has been paid of the price of its vehicle. */
export const leaseAccount = (kind: 'deposit' | 'buyout', leaseId: LeaseId, parkId: ParkId): Account => ({
  code: code(kind, leaseId),
  kind,
  driverId: null,
  leaseId,
  parkId,
})

/** Pure. An account of the park itself. */
export const parkAccount = (kind: 'rent' | 'fines' | 'corrections' | 'promised' | Till, parkId: ParkId): Account => ({
  code: code(kind, parkId),
  kind,
  driverId: null,
  leaseId: null,
  parkId,
})
