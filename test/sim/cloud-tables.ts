import type { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason, Order, OrderAction } from '#contract/order.ts'
import type { LastKnown } from '../../cloud/history/last-known.ts'
import type { OrderState } from '../../cloud/orders/order-state.ts'
import type { RelayWordHeard } from '../../cloud/orders/relay-word.ts'
import { NEVER_SEEN, type ZoneState } from '../../cloud/zones/crossing.ts'
import { type AuditTables, EMPTY_AUDIT } from './audit.ts'
import { type Certificates, FIRST_CERTIFICATES } from './identity.ts'

export type Hold = {
  readonly id: string
  readonly vehicle: number
  readonly reason: HoldReason
  readonly lifted: boolean
}

export type StoredOrder = {
  readonly id: OrderId
  readonly vehicle: number
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly action: OrderAction
  readonly reasons: readonly HoldReason[]
  readonly issuedAt: EpochMs
  readonly notAfter: EpochMs | null
  readonly state: OrderState
  readonly heard: boolean
  readonly closedAt: EpochMs | null
  readonly publishedAt: number | null
}

/** What a transaction sees and leaves: never changed in place, so that a power cut can bring an older one back. */
export type Tables = {
  readonly decided: number
  readonly holds: readonly Hold[]
  readonly orders: readonly (readonly StoredOrder[])[]
  readonly relays: readonly (RelayWordHeard | undefined)[]
  readonly lastKnown: readonly (LastKnown | undefined)[]
  readonly zones: readonly ZoneState[]
  /** How far the journal has been applied, and how many entries that were. */
  readonly applied: number
  readonly history: number
  readonly audit: AuditTables
  readonly certificates: readonly Certificates[]
}

export const emptyTables = (vehicles: number): Tables => ({
  decided: 0,
  holds: [],
  orders: Array.from({ length: vehicles }, () => []),
  relays: Array.from({ length: vehicles }, () => undefined),
  lastKnown: Array.from({ length: vehicles }, () => undefined),
  zones: Array.from({ length: vehicles }, () => NEVER_SEEN),
  applied: 0,
  history: 0,
  audit: EMPTY_AUDIT,
  certificates: Array.from({ length: vehicles }, () => FIRST_CERTIFICATES),
})

/** What is acknowledged to a person and replayed when SQL has lost it. */
export type Decision =
  | { readonly kind: 'placed'; readonly hold: Hold }
  | { readonly kind: 'lifted'; readonly id: string }
  | { readonly kind: 'order'; readonly order: StoredOrder }
  | { readonly kind: 'renewed'; readonly vehicle: number; readonly serial: string; readonly askedBy: string }

export const newestOrder = (tables: Tables, vehicle: number): StoredOrder | undefined => tables.orders[vehicle]?.at(-1)

export const standing = (tables: Tables, vehicle: number): readonly Hold[] =>
  tables.holds.filter((hold) => hold.vehicle === vehicle && !hold.lifted)

export const withOrder = (tables: Tables, order: StoredOrder): Tables => ({
  ...tables,
  orders: tables.orders.map((orders, vehicle) =>
    vehicle === order.vehicle ? orders.map((one) => (one.id === order.id ? order : one)) : orders,
  ),
})

/** The claims as signed. */
export function claimsOf(order: StoredOrder, seq: OrderSeq): Order {
  const base = {
    orderId: order.id,
    seq,
    aud: order.gatewayId,
    vehicleId: order.vehicleId,
    iat: order.issuedAt,
    by: 'user:sim',
    reasons: [...order.reasons],
  }
  return order.notAfter === null
    ? { ...base, action: 'unblock' }
    : { ...base, action: 'block', notAfter: order.notAfter }
}
