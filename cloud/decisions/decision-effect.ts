import type { GatewayStore } from '../fleet/gateway-store.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import type { GraceStore } from '../holds/grace-store.ts'
import type { HoldStore } from '../holds/hold-store.ts'
import type { OrderStore } from '../orders/order-store.ts'
import type { ParkStore } from '../parks/park-store.ts'
import type { UnlockStore } from '../unlock/unlock-store.ts'
import type { Decision } from './decision.ts'

/** Stores bound to the transaction in which the decision is to take effect. */
export type EffectStores = {
  readonly vehicles: Pick<VehicleStore, 'applyAdded' | 'applyMoved'>
  readonly parks: Pick<ParkStore, 'applyNamed'>
  readonly gateways: Pick<GatewayStore, 'applyAdded' | 'applyClaimed' | 'applyRenewed' | 'applySealed' | 'applyRevoked'>
  readonly holds: Pick<HoldStore, 'applyPlaced' | 'applyLifted' | 'serve'>
  readonly graces: Pick<GraceStore, 'applyGiven' | 'applyEnded'>
  readonly unlock: Pick<UnlockStore, 'applyClaimed' | 'applyGiven'>
  readonly orders: Pick<OrderStore, 'apply' | 'applyApproved'>
}

/** Writes one decision into the tables it concerns; a second time it changes nothing. */
export async function applyDecision(stores: EffectStores, decision: Decision): Promise<void> {
  switch (decision.kind) {
    case 'vehicle-added':
      await stores.vehicles.applyAdded(decision)
      return
    case 'vehicle-moved':
      await stores.vehicles.applyMoved(decision)
      return
    case 'park-named':
      return stores.parks.applyNamed(decision.parkId, decision.name, decision.at)
    case 'gateway-added':
      await stores.gateways.applyAdded(decision)
      return
    case 'gateway-claimed':
      await stores.gateways.applyClaimed(decision)
      return stores.unlock.applyClaimed(decision)
    case 'gateway-renewed':
      return stores.gateways.applyRenewed(decision)
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
    case 'order-approved':
      return stores.orders.applyApproved(decision)
    case 'grace-given':
      return stores.graces.applyGiven(decision)
    case 'grace-ended':
      await stores.graces.applyEnded(decision)
      return
    case 'unlock-code-given':
      return stores.unlock.applyGiven(decision)
    default:
      decision satisfies never
  }
}
