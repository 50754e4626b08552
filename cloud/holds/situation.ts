import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Gateway } from '../fleet/gateway-registry.ts'
import { type StoredOrder, stateOf } from '../orders/stored-order.ts'
import type { GraceRow, HoldRow, RelayStateRow } from '../postgres/fleet-tables.ts'
import { blockAbility } from './can-block.ts'
import type { Situation } from './hold.ts'

/** Everything about one vehicle's immobilizer that is known now: what is stored, and what is decided by. */
export type VehicleSituation = {
  readonly vehicleId: VehicleId
  readonly situation: Situation
  /** That stand, oldest first. */
  readonly holds: readonly HoldRow[]
  readonly grace: GraceRow | undefined
  readonly newest: StoredOrder | undefined
  /** Only from the gateway that is in the vehicle now. */
  readonly relay: RelayStateRow | undefined
  readonly gateway: Gateway | undefined
  readonly place: 'anywhere' | 'never-block'
}

type Known = Pick<VehicleSituation, 'vehicleId' | 'holds' | 'grace' | 'newest' | 'relay' | 'gateway' | 'place'>

/** Pure. */
export function vehicleSituation(known: Known): VehicleSituation {
  const { newest, gateway, holds } = known
  const inService = gateway?.state === 'active' ? gateway : undefined
  const relay = known.relay?.gatewayId === inService?.id ? known.relay : undefined
  return {
    ...known,
    relay,
    situation: {
      reasons: holds.map((hold) => hold.reason),
      grace: known.grace === undefined ? 'none' : 'running',
      gateway: inService,
      place: known.place,
      ability: blockAbility(gateway),
      newest: newest === undefined ? undefined : { ...stateOf(newest), ...pick(newest) },
      relay: relay === undefined ? undefined : { word: relay.relay, at: relay.relayAt },
    },
  }
}

const pick = ({ action, gatewayId, heard, closedAt }: StoredOrder) => ({ action, gatewayId, heard, closedAt })

/** Pure. The order that serves a hold placed now when none is asked for: the block that is open or stands. */
export function servingOrder({ newest }: VehicleSituation, gateway: GatewayId | undefined): StoredOrder | undefined {
  const serves = newest?.action === 'block' && newest.gatewayId === gateway
  return serves && (newest.closedAt === null || newest.state === 'verified') ? newest : undefined
}
