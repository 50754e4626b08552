import { HoldId, type VehicleId } from '#contract/ids.ts'
import type { OrderAction } from '#contract/order.ts'
import type { Actor, Decision, GraceGiven, HoldPlaced, OrderRequested } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import type { Gateway } from '../fleet/gateway-registry.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import { Fault } from '../http/fault.ts'
import type { OrderRequest } from '../orders/order-service.ts'
import type { OrderStore } from '../orders/order-store.ts'
import type { RelayStore } from '../orders/relay-store.ts'
import type { GraceRow, HoldRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { hindranceOf } from './can-block.ts'
import { endsGrace, GraceId, type GracePolicy, graceAfterCode, judgeGrace } from './grace.ts'
import type { GraceStore } from './grace-store.ts'
import { type Pace, wantedOrder } from './hold.ts'
import { askerOf, asks, authorOf, graceRow, holdRow, lastLiftOf, liftedRow, mayLift, nameOf } from './hold-row.ts'
import type { HoldStore } from './hold-store.ts'
import type {
  CodeUsed,
  Graced,
  GraceWish,
  HoldQuery,
  LastLift,
  Lifted,
  LiftReasonWish,
  LiftWish,
  Placed,
  PlaceWish,
  ReasonLifted,
} from './hold-wish.ts'
import { servingOrder, type VehicleSituation, vehicleSituation } from './situation.ts'

export type HoldService = {
  /** Faults: vehicle/unknown. A reason that stands already under this key is left as it is, whoever says it again. */
  place(wish: PlaceWish): Promise<Placed>
  /** Faults: vehicle/unknown, hold/unknown, hold/already-lifted. */
  lift(wish: LiftWish): Promise<Lifted>
  /**
   * Lifts what stands of a reason, under one key or whole; undefined when nothing does. A rule lifts what rules placed:
   * a person's hold is lifted by a person. Faults: vehicle/unknown.
   */
  liftReason(wish: LiftReasonWish): Promise<ReasonLifted | undefined>
  /** Does this reason stand? */
  held(query: HoldQuery): Promise<boolean>
  /** Who lifted this reason last, under this key (empty when left out): a person's lift stands against rules. */
  lastLift(query: HoldQuery): Promise<LastLift | undefined>
  /** Permits starts until then although holds stand. Faults: vehicle/unknown, grace/past, grace/too-long. */
  giveGrace(wish: GraceWish): Promise<Graced>
  /** Faults: vehicle/unknown, grace/none. */
  endGrace(wish: Omit<GraceWish, 'until'>): Promise<Graced>
  /** A one-time code has freed the vehicle: no block for a while, so that the driver gets home. */
  codeUsed(used: CodeUsed): Promise<void>
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
  readonly graceStore: (db: Db) => GraceStore
  readonly gracePolicy: GracePolicy
  /** Those of these vehicles that are where no start is ever forbidden. Within the transaction of the decision. */
  readonly neverBlockIn: (db: Db, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
  /** A technician is proving the relay of this vehicle. */
  readonly relayTested: (vehicle: VehicleId) => boolean
  readonly signerReach: () => 'up' | 'down' | 'unknown'
  readonly pace: Pace
  readonly changed: (vehicle: VehicleId) => void
  /** An order is waiting to be delivered. */
  readonly deliver: () => void
}

const UNLOCK_CODE: Actor = { kind: 'rule', id: 'unlock-code', name: 'unlock-code' }

export function createHoldService(deps: Deps): HoldService {
  const { clock, log, decide } = deps

  const situationsIn = async (db: Db, vehicles: readonly VehicleId[]) => {
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

  /** Locks the vehicle, so that decisions about it are taken one after another in every process. */
  const situationLocked = async (db: Db, vehicleId: VehicleId): Promise<VehicleSituation> => {
    if ((await deps.vehicleStore(db).findLocked(vehicleId)) === undefined) throw new Fault('vehicle/unknown')
    const known = (await situationsIn(db, [vehicleId])).get(vehicleId)
    if (known === undefined) throw new Error(`no situation of vehicle ${vehicleId}`)
    return known
  }

  /** The order called for if exactly this were so. */
  const orderFor = (
    known: VehicleSituation,
    holds: readonly Pick<HoldRow, 'reason' | 'whenNextParked'>[],
    by: Actor,
    grace = known.situation.grace,
  ): OrderRequested | undefined => {
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

  const announce = (vehicle: VehicleId, order: OrderRequested | undefined, event: string, fields: object) => {
    log.info({ vehicleId: vehicle, orderId: order?.orderId, ...fields }, event)
    if (order !== undefined) deps.deliver()
    deps.changed(vehicle)
  }

  const placeIn = async (db: Db, wish: PlaceWish) => {
    const known = await situationLocked(db, wish.vehicleId)
    const { ability, gateway } = known.situation
    const whyNot = ability.whyNot ?? hindranceOf(known, deps.signerReach())
    const key = wish.key ?? ''
    const standing = known.holds.find((hold) => hold.reason === wish.reason && hold.key === key)
    if (standing !== undefined) {
      const result: Placed = { outcome: 'stands', hold: standing, orderId: standing.orderId, whyNot }
      return { decisions: [], result, order: undefined }
    }
    if (wish.by.kind === 'rule' && !ability.canBlock)
      return { decisions: [], result: { outcome: 'refused', whyNot: ability.whyNot } as const, order: undefined }
    const { whenNextParked = false } = wish
    const grace = endsGrace(wish) ? 'none' : known.situation.grace
    const order = orderFor(known, [...known.holds, { reason: wish.reason, whenNextParked }], wish.by, grace)
    const orderId = order?.orderId ?? servingOrder(known, gateway?.id)?.id ?? null
    const holdId = HoldId.parse(deps.uuid())
    const placed: HoldPlaced = { kind: 'hold-placed', holdId, ...wish, key, at: clock.now(), orderId }
    const ended: readonly Decision[] =
      known.grace === undefined || grace === 'running'
        ? []
        : [{ kind: 'grace-ended', vehicleId: wish.vehicleId, note: wish.note, by: wish.by, at: placed.at }]
    const decisions: readonly Decision[] = [placed, ...ended, ...(order === undefined ? [] : [order])]
    const result: Placed = {
      outcome: 'stands',
      hold: holdRow(placed),
      orderId,
      whyNot: ended.length > 0 ? null : whyNot,
    }
    return { decisions, result, order }
  }

  const liftIn = async (db: Db, wish: LiftWish) => {
    const known = await situationLocked(db, wish.vehicleId)
    const hold = await deps.holdStore(db).find(wish.holdId)
    if (hold === undefined || hold.vehicleId !== wish.vehicleId) throw new Fault('hold/unknown')
    if (hold.liftedAt !== null) throw new Fault('hold/already-lifted')
    return liftedOf(known, [hold], wish)
  }

  const liftReasonIn = async (db: Db, wish: LiftReasonWish) => {
    const known = await situationLocked(db, wish.vehicleId)
    return liftedOf(
      known,
      known.holds.filter((hold) => mayLift(hold, wish)),
      wish,
    )
  }

  /** Everything at once, so that the vehicle gets one order and not one for each hold. */
  const liftedOf = (
    known: VehicleSituation,
    holds: readonly HoldRow[],
    { note, by }: Pick<LiftWish, 'note' | 'by'>,
  ) => {
    const remaining = known.holds.filter((other) => !holds.some((hold) => hold.id === other.id))
    const order = holds.length === 0 ? undefined : orderFor(known, remaining, by)
    const at = clock.now()
    const lifts = holds.map(({ id: holdId }): Decision => ({ kind: 'hold-lifted', holdId, note, by, at }))
    const decisions: readonly Decision[] = order === undefined ? lifts : [...lifts, order]
    const lifted = holds.map((hold) => liftedRow(hold, { note, by, at }))
    return { decisions, order, result: { holds: lifted, orderId: order?.orderId ?? null, remaining } }
  }

  const lifted = async (
    { vehicleId, by }: Pick<LiftWish, 'vehicleId' | 'by'>,
    choose: (db: Db) => Promise<ReturnType<typeof liftedOf>>,
  ): Promise<ReasonLifted> => {
    let order: OrderRequested | undefined
    const result = await decide(async (db) => {
      const decided = await choose(db)
      order = decided.order
      return decided
    })
    const holdIds = result.holds.map(({ id }) => id)
    if (holdIds.length > 0) announce(vehicleId, order, 'hold.lifted', { holdIds, by: nameOf(by) })
    return result
  }

  const settleOne = async (vehicleId: VehicleId): Promise<void> => {
    let order: OrderRequested | undefined
    await decide(async (db) => {
      const known = await situationLocked(db, vehicleId)
      order = orderFor(known, known.holds, authorOf(known.holds))
      return { decisions: order === undefined ? [] : [order], result: undefined }
    })
    if (order !== undefined) announce(vehicleId, order, 'order.called-for', { action: order.action })
  }

  /** Decides in one transaction what becomes of the grace, and the order that follows from it. */
  const decideGrace = async (
    vehicleId: VehicleId,
    event: string,
    by: Actor,
    work: (known: VehicleSituation) => { readonly decision: Decision; readonly grace: GraceRow | undefined },
  ): Promise<Graced> => {
    let order: OrderRequested | undefined
    const graced = await decide<Graced>(async (db) => {
      const known = await situationLocked(db, vehicleId)
      const { decision, grace } = work(known)
      order = orderFor(known, known.holds, by, grace === undefined ? 'none' : 'running')
      const result = { grace, orderId: order?.orderId ?? null, holds: known.holds }
      return { decisions: order === undefined ? [decision] : [decision, order], result }
    })
    announce(vehicleId, order, event, { by: nameOf(by) })
    return graced
  }

  const give = (wish: GraceWish, toldBy: string | null): Promise<Graced> =>
    decideGrace(wish.vehicleId, 'grace.given', wish.by, () => {
      const graceId = GraceId.parse(deps.uuid())
      const given: GraceGiven = { kind: 'grace-given', graceId, ...wish, at: clock.now(), toldBy }
      return { decision: given, grace: graceRow(given) }
    })

  return {
    giveGrace: async (wish) => {
      const verdict = judgeGrace(wish.until, deps.gracePolicy, clock.now())
      if (verdict === 'past') throw new Fault('grace/past')
      const hours = deps.gracePolicy.longest / 3_600_000
      if (verdict === 'too-long') throw new Fault('grace/too-long', `at most ${hours} h from now`)
      return give(wish, null)
    },
    endGrace: async ({ vehicleId, note, by }) =>
      decideGrace(vehicleId, 'grace.ended', by, ({ grace }) => {
        if (grace === undefined) throw new Fault('grace/none')
        return { decision: { kind: 'grace-ended', vehicleId, note, by, at: clock.now() }, grace: undefined }
      }),
    codeUsed: async ({ vehicleId, at, heardAt, toldBy }) => {
      if (await deps.graceStore(deps.db).isTold(toldBy)) return
      const known = (await situationsIn(deps.db, [vehicleId])).get(vehicleId)
      const until = graceAfterCode(at, heardAt, deps.gracePolicy)
      // Nothing keeps this vehicle blocked, or the time is over already, or a longer grace runs.
      if (known === undefined || known.holds.length === 0 || until <= Math.max(clock.now(), known.grace?.untilAt ?? 0))
        return
      await give({ vehicleId, until, note: '', by: UNLOCK_CODE }, toldBy)
    },
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
    lift: async (wish) => {
      const { holds, ...more } = await lifted(wish, (db) => liftIn(db, wish))
      const [hold] = holds
      if (hold === undefined) throw new Error(`hold ${wish.holdId} was not lifted`)
      return { hold, ...more }
    },
    liftReason: async (wish) => {
      const result = await lifted(wish, (db) => liftReasonIn(db, wish))
      return result.holds.length === 0 ? undefined : result
    },
    held: async (query) =>
      (await deps.holdStore(deps.db).standingOf([query.vehicleId])).some((hold) => asks(query, hold)),
    lastLift: async ({ vehicleId, reason, key = '' }) => {
      const row = await deps.holdStore(deps.db).lastLifted(vehicleId, reason, key)
      return row === undefined ? undefined : lastLiftOf(row)
    },
    list: (vehicle, limit) => deps.holdStore(deps.db).ofVehicle(vehicle, limit),
    situationsOf: (vehicles) => situationsIn(deps.db, vehicles),
    settle: async (vehicles) => {
      const early: VehicleId[] = []
      for (const known of (await situationsIn(deps.db, vehicles)).values()) {
        const wanted = wantedOrder(known.situation, deps.pace, clock.now())
        // Open for a technician's test, which ends by itself: an order would only spoil the proof.
        const isTest = wanted.order === 'unblock' && known.situation.newest?.action !== 'block'
        if (wanted.order === 'later' || (isTest && deps.relayTested(known.vehicleId))) early.push(known.vehicleId)
        else if (wanted.order !== 'none') await settleOne(known.vehicleId)
      }
      return early
    },
  }
}
