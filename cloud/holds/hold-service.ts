import { HoldId, type VehicleId } from '#contract/ids.ts'
import type { HoldReason, OrderAction } from '#contract/order.ts'
import type { Actor, Decision, HoldPlaced, OrderRequested } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import type { Gateway } from '../fleet/gateway-registry.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import { Fault } from '../http/fault.ts'
import type { OrderRequest } from '../orders/order-service.ts'
import type { OrderStore } from '../orders/order-store.ts'
import type { RelayStore } from '../orders/relay-store.ts'
import type { HoldRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { WhyNot } from './can-block.ts'
import { type Pace, wantedOrder } from './hold.ts'
import { authorOf, holdRow, nameOf } from './hold-row.ts'
import type { HoldStore } from './hold-store.ts'
import { servingOrder, type VehicleSituation, vehicleSituation } from './situation.ts'

export type PlaceWish = {
  readonly vehicleId: VehicleId
  readonly reason: HoldReason
  readonly note: string
  readonly by: Actor
}
export type LiftWish = {
  readonly vehicleId: VehicleId
  readonly holdId: HoldId
  readonly note: string
  readonly by: Actor
}

export type Placed =
  /** `order`: the one that serves this hold; null when none can be given now, `whyNot` then says why, if it is known. */
  | {
      readonly outcome: 'stands'
      readonly hold: HoldRow
      readonly orderId: string | null
      readonly whyNot: WhyNot | null
    }
  /** A rule may not hold a vehicle that cannot be blocked. */
  | { readonly outcome: 'refused'; readonly whyNot: WhyNot }

export type Lifted = {
  readonly hold: HoldRow
  readonly orderId: string | null
  /** The holds that still stand and keep the vehicle blocked. */
  readonly remaining: readonly HoldRow[]
}

export type HoldService = {
  /** Faults: vehicle/unknown. The same rule saying the same reason again changes nothing. */
  place(wish: PlaceWish): Promise<Placed>
  /** Faults: vehicle/unknown, hold/unknown, hold/already-lifted. */
  lift(wish: LiftWish): Promise<Lifted>
  /** A rule takes its own reason back; undefined when it has none standing. */
  liftByRule(wish: Omit<LiftWish, 'holdId'> & { readonly reason: HoldReason }): Promise<Lifted | undefined>
  /** Newest first, lifted ones too. */
  list(vehicle: VehicleId, limit: number): Promise<readonly HoldRow[]>
  situationsOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, VehicleSituation>>
  /** Asks for the orders these vehicles' holds call for; answers the vehicles for which it is too early. */
  settle(vehicles: readonly VehicleId[]): Promise<readonly VehicleId[]>
}

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> & {
  readonly db: Db
  readonly decide: DecisionService['decide']
  readonly vehicleStore: (db: Db) => Pick<VehicleStore, 'findLocked'>
  readonly holdStore: (db: Db) => HoldStore
  readonly orderStore: (db: Db) => Pick<OrderStore, 'newestOfEach'>
  readonly relayStore: (db: Db) => Pick<RelayStore, 'of'>
  readonly gatewayOf: (vehicle: VehicleId) => Gateway | undefined
  readonly requestOrder: (wish: OrderRequest) => OrderRequested
  readonly pace: Pace
  readonly changed: (vehicle: VehicleId) => void
  /** An order is waiting to be delivered. */
  readonly deliver: () => void
}

export function createHoldService(deps: Deps): HoldService {
  const { clock, log, decide } = deps

  const situationsIn = async (db: Db, vehicles: readonly VehicleId[]) => {
    if (vehicles.length === 0) return new Map<VehicleId, VehicleSituation>()
    const holds = Map.groupBy(await deps.holdStore(db).standingOf(vehicles), (hold) => hold.vehicleId)
    const newest = new Map((await deps.orderStore(db).newestOfEach(vehicles)).map((order) => [order.vehicleId, order]))
    const relays = await deps.relayStore(db).of(vehicles)
    return new Map(
      vehicles.map((vehicleId) => [
        vehicleId,
        vehicleSituation({
          vehicleId,
          holds: holds.get(vehicleId) ?? [],
          newest: newest.get(vehicleId),
          relay: relays.get(vehicleId),
          gateway: deps.gatewayOf(vehicleId),
        }),
      ]),
    )
  }

  /** Locks the vehicle, so that decisions about it are taken one after another in every process. */
  const situationLocked = async (db: Db, vehicleId: VehicleId): Promise<VehicleSituation> => {
    if ((await deps.vehicleStore(db).findLocked(vehicleId)) === undefined) throw new Fault('vehicle/unknown')
    const known = (await situationsIn(db, [vehicleId])).get(vehicleId)
    if (known === undefined) throw new Error(`no situation of vehicle ${vehicleId}`)
    return known
  }

  /** The order called for if exactly these holds stood. */
  const orderFor = (known: VehicleSituation, reasons: readonly HoldReason[], by: Actor): OrderRequested | undefined => {
    const wanted = wantedOrder({ ...known.situation, reasons }, deps.pace, clock.now())
    const gateway = known.situation.gateway
    if (gateway === undefined || wanted.order === 'none' || wanted.order === 'later') return undefined
    const action: OrderAction = wanted.order
    const vehicleId = known.vehicleId
    return deps.requestOrder({ vehicleId, gatewayId: gateway.id, action, reasons: wanted.reasons, by: nameOf(by) })
  }

  const announce = (vehicle: VehicleId, order: OrderRequested | undefined, event: string, fields: object) => {
    log.info({ vehicleId: vehicle, orderId: order?.orderId, ...fields }, event)
    if (order !== undefined) deps.deliver()
    deps.changed(vehicle)
  }

  const placeIn = async (db: Db, wish: PlaceWish) => {
    const known = await situationLocked(db, wish.vehicleId)
    const { ability, reasons, gateway } = known.situation
    const standing =
      wish.by.kind === 'rule'
        ? await deps.holdStore(db).standingByRule(wish.vehicleId, wish.reason, wish.by)
        : undefined
    if (standing !== undefined) {
      const result: Placed = { outcome: 'stands', hold: standing, orderId: standing.orderId, whyNot: ability.whyNot }
      return { decisions: [], result, order: undefined }
    }
    if (wish.by.kind === 'rule' && !ability.canBlock)
      return { decisions: [], result: { outcome: 'refused', whyNot: ability.whyNot } as const, order: undefined }
    const order = orderFor(known, [...reasons, wish.reason], wish.by)
    const orderId = order?.orderId ?? servingOrder(known, gateway?.id)?.id ?? null
    const holdId = HoldId.parse(deps.uuid())
    const placed: HoldPlaced = { kind: 'hold-placed', holdId, ...wish, at: clock.now(), orderId }
    const decisions: readonly Decision[] = order === undefined ? [placed] : [placed, order]
    const result: Placed = { outcome: 'stands', hold: holdRow(placed), orderId, whyNot: ability.whyNot }
    return { decisions, result, order }
  }

  const liftIn = async (db: Db, wish: LiftWish) => {
    const known = await situationLocked(db, wish.vehicleId)
    const hold = await deps.holdStore(db).find(wish.holdId)
    if (hold === undefined || hold.vehicleId !== wish.vehicleId) throw new Fault('hold/unknown')
    if (hold.liftedAt !== null) throw new Fault('hold/already-lifted')
    const remaining = known.holds.filter((other) => other.id !== hold.id)
    const order = orderFor(
      known,
      remaining.map((other) => other.reason),
      wish.by,
    )
    const at = clock.now()
    const { holdId, note, by } = wish
    const decisions: readonly Decision[] = [{ kind: 'hold-lifted', holdId, note, by, at }, ...(order ? [order] : [])]
    const lifted = {
      ...hold,
      liftedAt: at,
      liftedByKind: by.kind,
      liftedById: by.id,
      liftedByName: by.name,
      liftNote: note,
    }
    return { decisions, order, result: { hold: lifted, orderId: order?.orderId ?? null, remaining } satisfies Lifted }
  }

  const lift = async (wish: LiftWish): Promise<Lifted> => {
    let order: OrderRequested | undefined
    const lifted = await decide(async (db) => {
      const decided = await liftIn(db, wish)
      order = decided.order
      return decided
    })
    announce(wish.vehicleId, order, 'hold.lifted', { holdId: wish.holdId, by: nameOf(wish.by) })
    return lifted
  }

  const settleOne = async (vehicleId: VehicleId): Promise<void> => {
    let order: OrderRequested | undefined
    await decide(async (db) => {
      const known = await situationLocked(db, vehicleId)
      order = orderFor(known, known.situation.reasons, authorOf(known.holds))
      return { decisions: order === undefined ? [] : [order], result: undefined }
    })
    if (order !== undefined) announce(vehicleId, order, 'order.called-for', { action: order.action })
  }

  return {
    place: async (wish) => {
      let order: OrderRequested | undefined
      const placed = await decide<Placed>(async (db) => {
        const decided = await placeIn(db, wish)
        order = decided.order
        return decided
      })
      const { reason, by } = wish
      announce(wish.vehicleId, order, `hold.${placed.outcome}`, { reason, by: nameOf(by), whyNot: placed.whyNot })
      return placed
    },
    lift,
    liftByRule: async ({ vehicleId, reason, note, by }) => {
      const standing = await deps.holdStore(deps.db).standingByRule(vehicleId, reason, by)
      return standing === undefined ? undefined : lift({ vehicleId, holdId: standing.id, note, by })
    },
    list: (vehicle, limit) => deps.holdStore(deps.db).ofVehicle(vehicle, limit),
    situationsOf: (vehicles) => situationsIn(deps.db, vehicles),
    settle: async (vehicles) => {
      const early: VehicleId[] = []
      for (const known of (await situationsIn(deps.db, vehicles)).values()) {
        const wanted = wantedOrder(known.situation, deps.pace, clock.now())
        if (wanted.order === 'later') early.push(known.vehicleId)
        else if (wanted.order !== 'none') await settleOne(known.vehicleId)
      }
      return early
    },
  }
}
