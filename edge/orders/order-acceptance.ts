import type { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Order } from '#contract/order.ts'

/** What the gateway remembers of orders, across reboots. */
export type OrderMemory = {
  readonly highestSeq: number
  /** Latest `iat` ever signed by the cloud: true time cannot be earlier. */
  readonly timeFloor: EpochMs
}

export type Acceptance =
  | { readonly acceptance: 'new' }
  /** The same order again: a retained message after a reconnect. Nothing to do, nothing to say. */
  | { readonly acceptance: 'repeated' }
  /** Older than one already seen: a replay, or reordered on the way. */
  | { readonly acceptance: 'superseded' }
  | { readonly acceptance: 'wrong-vehicle' }
  /** Signed, but for another gateway: an event, never a report under a foreign order. */
  | { readonly acceptance: 'foreign' }

/** Pure. What a genuine order is to this gateway. Source: edge notes §6. */
export function acceptOrder(
  order: Order,
  own: { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId },
  memory: OrderMemory,
  isKnown: (id: OrderId) => boolean,
): Acceptance {
  if (order.aud !== own.gatewayId) return { acceptance: 'foreign' }
  if (isKnown(order.orderId)) return { acceptance: 'repeated' }
  if (order.seq <= memory.highestSeq) return { acceptance: 'superseded' }
  if (order.vehicleId !== own.vehicleId) return { acceptance: 'wrong-vehicle' }
  return { acceptance: 'new' }
}
