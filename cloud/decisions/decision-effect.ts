import type { GatewayStore } from '../fleet/gateway-store.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import type { HoldStore } from '../holds/hold-store.ts'
import type { OrderStore } from '../orders/order-store.ts'
import type { Decision } from './decision.ts'

/** Stores bound to the transaction in which the decision is to take effect. */
export type EffectStores = {
  readonly vehicles: Pick<VehicleStore, 'applyAdded'>
  readonly gateways: Pick<GatewayStore, 'applyAdded' | 'applyClaimed' | 'applySealed' | 'applyRevoked'>
  readonly holds: Pick<HoldStore, 'applyPlaced' | 'applyLifted' | 'serve'>
  readonly orders: Pick<OrderStore, 'apply'>
}

/** Writes one decision into the tables it concerns; a second time it changes nothing. */
export async function applyDecision(stores: EffectStores, decision: Decision): Promise<void> {
  switch (decision.kind) {
    case 'vehicle-added':
      await stores.vehicles.applyAdded(decision)
      return
    case 'gateway-added':
      await stores.gateways.applyAdded(decision)
      return
    case 'gateway-claimed':
      return stores.gateways.applyClaimed(decision)
    case 'gateway-sealed':
      await stores.gateways.applySealed(decision)
      return
    case 'gateway-revoked':
      return stores.gateways.applyRevoked(decision)
    case 'hold-placed':
      await stores.holds.applyPlaced(decision)
      return
    case 'hold-lifted':
      await stores.holds.applyLifted(decision)
      return
    case 'order-requested':
      await stores.orders.apply(decision)
      if (decision.action === 'block') await stores.holds.serve(decision.vehicleId, decision.orderId)
      return
    default:
      decision satisfies never
  }
}
