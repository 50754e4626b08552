import { HoldId, type VehicleId } from '#contract/ids.ts'
import type { Decision, HoldPlaced, OrderRequested } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import { Fault } from '../http/fault.ts'
import type { HoldRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { hindranceOf } from './can-block.ts'
import { endsGrace } from './grace.ts'
import { type Pace, wantedOrder } from './hold.ts'
import { asks, authorOf, holdRow, lastLiftOf, liftedRow, mayLift, nameOf } from './hold-row.ts'
import type { HoldStore } from './hold-store.ts'
import type {
  HoldQuery,
  LastLift,
  Lifted,
  LiftReasonWish,
  LiftWish,
  Placed,
  PlaceWish,
  ReasonLifted,
} from './hold-wish.ts'
import { servingOrder, type VehicleSituation } from './situation.ts'
import type { SituationService } from './situation-service.ts'

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
  /** Newest first, lifted ones too. */
  list(vehicle: VehicleId, limit: number): Promise<readonly HoldRow[]>
  situationsOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, VehicleSituation>>
  /** Asks for the orders these vehicles' holds call for; answers the vehicles for which it is too early. */
  settle(vehicles: readonly VehicleId[]): Promise<readonly VehicleId[]>
}

type Deps = Pick<World, 'clock' | 'uuid'> & {
  readonly db: Db
  readonly decide: DecisionService['decide']
  readonly situations: SituationService
  readonly holdStore: (db: Db) => HoldStore
  /** A technician is proving the relay of this vehicle. */
  readonly relayTested: (vehicle: VehicleId) => Promise<boolean>
  readonly signerReach: () => 'up' | 'down' | 'unknown'
  readonly pace: Pace
}

export function createHoldService(deps: Deps): HoldService {
  const { clock, decide, situations } = deps

  const placeIn = async (db: Db, wish: PlaceWish) => {
    const known = await situations.locked(db, wish.vehicleId)
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
    const order = situations.orderFor(known, [...known.holds, { reason: wish.reason, whenNextParked }], wish.by, grace)
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
    const known = await situations.locked(db, wish.vehicleId)
    const hold = await deps.holdStore(db).find(wish.holdId)
    if (hold === undefined || hold.vehicleId !== wish.vehicleId) throw new Fault('hold/unknown')
    if (hold.liftedAt !== null) throw new Fault('hold/already-lifted')
    return liftedOf(known, [hold], wish)
  }

  const liftReasonIn = async (db: Db, wish: LiftReasonWish) => {
    const known = await situations.locked(db, wish.vehicleId)
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
    const order = holds.length === 0 ? undefined : situations.orderFor(known, remaining, by)
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
    if (holdIds.length > 0) situations.announce(vehicleId, order, 'hold.lifted', { holdIds, by: nameOf(by) })
    return result
  }

  const settleOne = async (vehicleId: VehicleId): Promise<void> => {
    let order: OrderRequested | undefined
    await decide(async (db) => {
      const known = await situations.locked(db, vehicleId)
      order = situations.orderFor(known, known.holds, authorOf(known.holds))
      return { decisions: order === undefined ? [] : [order], result: undefined }
    })
    if (order !== undefined) situations.announce(vehicleId, order, 'order.called-for', { action: order.action })
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
      situations.announce(wish.vehicleId, order, `hold.${placed.outcome}`, {
        reason,
        by: nameOf(by),
        whyNot: placed.whyNot,
      })
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
    situationsOf: (vehicles) => situations.of(deps.db, vehicles),
    settle: async (vehicles) => {
      const early: VehicleId[] = []
      for (const known of (await situations.of(deps.db, vehicles)).values()) {
        const wanted = wantedOrder(known.situation, deps.pace, clock.now())
        // Open for a technician's test, which ends by itself: an order would only spoil the proof.
        const isTest = wanted.order === 'unblock' && known.situation.newest?.action !== 'block'
        if (wanted.order === 'later' || (isTest && (await deps.relayTested(known.vehicleId))))
          early.push(known.vehicleId)
        else if (wanted.order !== 'none') await settleOne(known.vehicleId)
      }
      return early
    },
  }
}
