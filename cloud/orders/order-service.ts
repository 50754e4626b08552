import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { OrderId } from '#contract/ids.ts'
import { type EpochMs, later, type Millis } from '#contract/instant.ts'
import { type HoldReason, isProvenReport, type OrderAction, type OrderReport } from '#contract/order.ts'
import type { OrderApproved, OrderRequested } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import { Fault } from '../http/fault.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { ProofWord } from '../pki/report-proof.ts'
import type { CheckProof } from '../pki/report-proof-client.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { ApprovalWay } from '../signer/signer-message.ts'
import type { World } from '../world.ts'
import { advance, told } from './order-state.ts'
import type { OrderStore } from './order-store.ts'
import type { RelayStore } from './relay-store.ts'
import { newestWords, type RelayWordHeard } from './relay-word.ts'
import { type StoredOrder, stateOf } from './stored-order.ts'

export type OrderRequest = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly action: OrderAction
  readonly reasons: readonly HoldReason[]
  /** `user:<id>` or `rule:<id>`: goes into the signed claims. */
  readonly by: string
  /** The person whose word it is; absent for a rule. */
  readonly asker?: { readonly id: string; readonly name: string }
  /** How long a block may wait; the usual time unless said otherwise. */
  readonly lifetime?: 'usual' | 'until-parked'
}

export type OrderService = {
  /** The decision that asks for an order; it exists once the decision has been applied. */
  request(wish: OrderRequest): OrderRequested
  /**
   * Another person stands by these blocks; answers how many of them waited for that. Of several, those that do not wait
   * are left as they are; of one, the fault says why. Faults: order/unknown, order/no-approval-needed, order/own-approval.
   */
  approve(
    orders: readonly OrderId[],
    by: { readonly id: string; readonly name: string },
    way: ApprovalWay,
  ): Promise<number>
  /** Gives up every open block whose time is over; answers their vehicles. */
  expireOverdue(): Promise<readonly VehicleId[]>
  /** Order reports and the relay's word in live frames, from the journal into the tables. Backfilled frames change nothing. */
  readonly projection: Projection
}

type Deps = Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<World, 'clock' | 'uuid' | 'log'> & {
    readonly decide: DecisionService['decide']
    readonly orderStore: (db: Db) => OrderStore
    /** An order is to be looked at again by the delivery. */
    readonly deliver: (gateway: GatewayId) => void
    readonly relayStore: (db: Db) => RelayStore
    readonly checkProof: CheckProof
    /** Hears of used one-time codes. */
    readonly hearCode: (entry: JournalEntry) => Promise<void>
    readonly addDrift: (db: Db, drift: RelayWordHeard, said: 'open' | 'closed') => Promise<void>
    /** Keeps, in the same transaction, how far the projection has come. */
    readonly cameTo: (db: Db, position: number) => Promise<unknown>
    /** The vehicle this gateway is in now. */
    readonly vehicleNow: (gateway: GatewayId) => VehicleId | undefined
    readonly blockLifetime: Millis
    /** Of a block that may wait until the vehicle is next parked; a gateway honours a day at most. */
    readonly parkedLifetime: Millis
    /** Something about this vehicle's orders or relay has changed. */
    readonly changed: (vehicle: VehicleId) => void
  }

/** Signed, and not by this gateway or not for this report: somebody else speaks. */
const isForged = (word: ProofWord | null): boolean => word === 'foreign' || word === 'false'

/** A report in the journal, and what checking its signature gave. */
type Said = {
  readonly entry: JournalEntry
  readonly gateway: GatewayId
  readonly report: OrderReport
  readonly proofWord: ProofWord | null
}

/** A steady word is written again only when the one on disk is older than this. */
const RELAY_AGE_MS = 10_000

export function createOrderService(deps: Deps): OrderService {
  const { clock, log } = deps

  const request = ({ lifetime, ...wish }: OrderRequest): OrderRequested => {
    const at = clock.now()
    const lives = lifetime === 'until-parked' ? deps.parkedLifetime : deps.blockLifetime
    const notAfter = wish.action === 'block' ? later(at, lives) : null
    return { kind: 'order-requested', orderId: OrderId.parse(deps.uuid()), ...wish, at, notAfter }
  }

  const approve: OrderService['approve'] = async (ids, by, way) => {
    const approved = await deps.decide(async (db) => {
      const orders: StoredOrder[] = []
      for (const id of ids) {
        const order = await deps.orderStore(db).findLocked(id)
        const fault = approvalFault(order, by.id)
        if (fault !== undefined && ids.length === 1) throw new Fault(fault)
        if (order !== undefined && fault === undefined) orders.push(order)
      }
      const actor = { kind: 'user', ...by } as const
      const decisions = orders.map(
        (order): OrderApproved => ({ kind: 'order-approved', orderId: order.id, by: actor, way, at: clock.now() }),
      )
      return { decisions, result: orders }
    })
    for (const { id, gatewayId, vehicleId } of approved) {
      log.info({ orderId: id, vehicleId, by: by.name, way }, 'order.approved')
      deps.deliver(gatewayId)
      deps.changed(vehicleId)
    }
    return approved.length
  }

  const expire = (id: OrderId, now: EpochMs): Promise<boolean> =>
    deps.inTransaction(async (db) => {
      const order = await deps.orderStore(db).findLocked(id)
      return order !== undefined && (await deps.orderStore(db).giveUp(order, 'expired', now))
    })

  const expireOverdue = async (): Promise<readonly VehicleId[]> => {
    const now = clock.now()
    const expired: VehicleId[] = []
    for (const order of await deps.orderStore(deps.db).overdue(now)) {
      if (!(await expire(order.id, now))) continue
      log.info({ orderId: order.id, vehicleId: order.vehicleId }, 'order.expired')
      expired.push(order.vehicleId)
      deps.changed(order.vehicleId)
    }
    return expired
  }

  const reportIn = (entry: JournalEntry): readonly Said[] => {
    const { gateway, record: report, receivedAt } = entry
    if (report.kind !== 'report') return []
    const proofWord = isProvenReport(report) ? deps.checkProof(gateway, report, receivedAt) : null
    return [{ entry, gateway, report, proofWord }]
  }

  /**
   * What one gateway said of one order, in its order. Answers the vehicle when the order is of this gateway. A report with a
   * wrong signature is kept and moves nothing. The first words and the last come together, and are written as one.
   */
  const applyReports = async (db: Db, said: readonly Said[]): Promise<VehicleId | undefined> => {
    const [first] = said
    if (first === undefined) return undefined
    const { gateway: gatewayId, report } = first
    const orders = deps.orderStore(db)
    const order = await orders.findLocked(report.orderId)
    if (order === undefined || order.gatewayId !== gatewayId) {
      for (const { report } of said)
        log.warn({ orderId: report.orderId, gatewayId, state: report.state }, 'order.report-of-unknown-order')
      return undefined
    }
    const { id: orderId } = order
    const current = stateOf(order)
    let next = current
    for (const { report, proofWord } of said) {
      if (isForged(proofWord)) log.warn({ orderId, gatewayId, proof: proofWord }, 'order.report-not-proven')
      else next = advance(next, report)
    }
    await orders.addSteps(
      order,
      said.map(({ report, proofWord }) => ({ step: told(report), basis: { report, proofWord } })),
    )
    if (next !== current) await orders.move(order, next, clock.now())
    if (!order.heard) await orders.keepHeard(orderId)
    for (const { report } of said)
      log.info({ orderId, gatewayId, state: report.state, reason: told(report).reason }, 'order.reported')
    return order.vehicleId
  }

  const applyRelayWords = async (db: Db, heard: readonly RelayWordHeard[]): Promise<readonly VehicleId[]> => {
    const before = await deps.relayStore(db).of(heard.map((word) => word.vehicleId))
    const fresh = heard.filter((word) => {
      const known = before.get(word.vehicleId)
      if (known === undefined || known.gatewayId !== word.gatewayId) return true
      return word.at >= known.relayAt && (word.relay !== known.relay || word.at - known.relayAt >= RELAY_AGE_MS)
    })
    for (const word of fresh) {
      const known = before.get(word.vehicleId)
      if (known?.gatewayId !== word.gatewayId || known.relay === 'unknown' || word.relay === 'unknown') continue
      if (word.source !== 'frame' || word.relay === known.relay) continue
      // While an order is open the relay may well move before its report is here.
      if ((await deps.orderStore(db).openOf(word.vehicleId)).length > 0) continue
      log.warn({ vehicleId: word.vehicleId, said: known.relay, read: word.relay }, 'relay.drift')
      await deps.addDrift(db, word, known.relay)
    }
    await deps.relayStore(db).keep(
      fresh.map(({ vehicleId, gatewayId, relay, at, source }) => ({
        vehicleId,
        gatewayId,
        relay,
        relayAt: at,
        source,
      })),
    )
    return fresh.filter((word) => before.get(word.vehicleId)?.relay !== word.relay).map((word) => word.vehicleId)
  }

  const apply = async (entries: readonly JournalEntry[]): Promise<void> => {
    // Before the relay's own word: a car that a code has freed must not look like one that came loose.
    for (const entry of entries) if (entry.record.kind === 'event') await deps.hearCode(entry)
    const said = entries.flatMap(reportIn)
    const touched = await deps.inTransaction(async (db) => {
      const vehicles = new Set<VehicleId>()
      for (const together of Map.groupBy(said, ({ gateway, report }) => `${gateway} ${report.orderId}`).values()) {
        const vehicle = await applyReports(db, together)
        if (vehicle !== undefined) vehicles.add(vehicle)
      }
      const forged = new Set(said.filter(({ proofWord }) => isForged(proofWord)).map(({ entry }) => entry))
      const words = newestWords(
        entries.filter((entry) => !forged.has(entry)),
        deps.vehicleNow,
      )
      if (words.length > 0) for (const vehicle of await applyRelayWords(db, words)) vehicles.add(vehicle)
      await deps.cameTo(db, entries.at(-1)?.position ?? 0)
      return vehicles
    })
    for (const vehicle of touched) deps.changed(vehicle)
  }

  return { request, approve, expireOverdue, projection: { name: 'orders', apply } }
}

/** Why this person's word is not wanted here. */
function approvalFault(order: StoredOrder | undefined, by: string) {
  if (order === undefined) return 'order/unknown'
  if (order.closedAt !== null || order.unsignedBecause !== 'two-persons') return 'order/no-approval-needed'
  const known = order.askerId === by || order.approvals.some(({ id }) => id === by)
  return known ? 'order/own-approval' : undefined
}
