import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { OrderAction } from '#contract/order.ts'
import type { Actor, OrderRequested } from '../decisions/decision.ts'
import type { Gateway } from '../fleet/gateway-registry.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import { Fault } from '../http/fault.ts'
import type { OrderRequest } from '../orders/order-service.ts'
import type { OrderStore } from '../orders/order-store.ts'
import type { RelayStore } from '../orders/relay-store.ts'
import type { HoldRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { GraceStore } from './grace-store.ts'
import { type Pace, wantedOrder } from './hold.ts'
import { askerOf, nameOf } from './hold-row.ts'
import type { HoldStore } from './hold-store.ts'
import { type VehicleSituation, vehicleSituation } from './situation.ts'

/** What is so with vehicles, and the orders that call for themselves by it. */
export type SituationService = {
  of(db: Db, vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, VehicleSituation>>
  /** Locks the vehicle, so that decisions about it are taken one after another in every process. Faults: vehicle/unknown. */
  locked(db: Db, vehicle: VehicleId): Promise<VehicleSituation>
  /** The order called for if exactly this were so. */
  orderFor(
    known: VehicleSituation,
    holds: readonly Pick<HoldRow, 'reason' | 'whenNextParked'>[],
    by: Actor,
    grace?: 'none' | 'running',
  ): OrderRequested | undefined
  /** Tells the log and whoever looks that something was decided, and has the order delivered. */
  announce(vehicle: VehicleId, order: OrderRequested | undefined, event: string, fields: object): void
}

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly vehicleStore: (db: Db) => Pick<VehicleStore, 'findLocked'>
  readonly holdStore: (db: Db) => Pick<HoldStore, 'standingOf'>
  readonly orderStore: (db: Db) => Pick<OrderStore, 'newestOfEach'>
  readonly relayStore: (db: Db) => Pick<RelayStore, 'of'>
  readonly graceStore: (db: Db) => Pick<GraceStore, 'runningOf'>
  readonly gatewayOf: (vehicle: VehicleId) => Gateway | undefined
  readonly requestOrder: (wish: OrderRequest) => OrderRequested
  /** Those of these vehicles that are where no start is ever forbidden. Within the transaction of the decision. */
  readonly neverBlockIn: (db: Db, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
  readonly pace: Pace
  readonly changed: (vehicle: VehicleId) => void
  /** An order is waiting to be delivered. */
  readonly deliver: (gateway: GatewayId) => void
}

export function createSituationService(deps: Deps): SituationService {
  const { clock, log } = deps

  const of: SituationService['of'] = async (db, vehicles) => {
    if (vehicles.length === 0) return new Map<VehicleId, VehicleSituation>()
    const holds = Map.groupBy(await deps.holdStore(db).standingOf(vehicles), (hold) => hold.vehicleId)
    const newest = new Map((await deps.orderStore(db).newestOfEach(vehicles)).map((order) => [order.vehicleId, order]))
    const relays = await deps.relayStore(db).of(vehicles)
    const graces = await deps.graceStore(db).runningOf(vehicles, clock.now())
    const spared = await deps.neverBlockIn(db, vehicles)
    return new Map(
      vehicles.map((vehicleId) => [
        vehicleId,
        vehicleSituation({
          vehicleId,
          holds: holds.get(vehicleId) ?? [],
          grace: graces.get(vehicleId),
          newest: newest.get(vehicleId),
          relay: relays.get(vehicleId),
          gateway: deps.gatewayOf(vehicleId),
          place: spared.has(vehicleId) ? 'never-block' : 'anywhere',
        }),
      ]),
    )
  }

  const locked: SituationService['locked'] = async (db, vehicleId) => {
    if ((await deps.vehicleStore(db).findLocked(vehicleId)) === undefined) throw new Fault('vehicle/unknown')
    const known = (await of(db, [vehicleId])).get(vehicleId)
    if (known === undefined) throw new Error(`no situation of vehicle ${vehicleId}`)
    return known
  }

  const orderFor: SituationService['orderFor'] = (known, holds, by, grace = known.situation.grace) => {
    const reasons = holds.map((hold) => hold.reason)
    const wanted = wantedOrder({ ...known.situation, reasons, grace }, deps.pace, clock.now())
    const gateway = known.situation.gateway
    if (gateway === undefined || wanted.order === 'none' || wanted.order === 'later') return undefined
    const action: OrderAction = wanted.order
    const lifetime = holds.some((hold) => hold.whenNextParked) ? 'until-parked' : 'usual'
    const { vehicleId } = known
    const order = {
      vehicleId,
      gatewayId: gateway.id,
      action,
      reasons: wanted.reasons,
      by: nameOf(by),
      lifetime,
    } as const
    return deps.requestOrder({ ...order, ...askerOf(by) })
  }

  const announce: SituationService['announce'] = (vehicle, order, event, fields) => {
    log.info({ vehicleId: vehicle, orderId: order?.orderId, ...fields }, event)
    if (order !== undefined) deps.deliver(order.gatewayId)
    deps.changed(vehicle)
  }

  return { of, locked, orderFor, announce }
}
