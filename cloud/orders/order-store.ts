import type { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { isProvenReport, type OrderReport } from '#contract/order.ts'
import type { OrderApproved, OrderRequested } from '../decisions/decision.ts'
import type { ProofWord } from '../pki/report-proof.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { givenUp, isFinal, type OrderState } from './order-state.ts'
import { type StoredOrder, stateOf } from './stored-order.ts'
import type { UnsignedBecause } from './unsigned.ts'

/** What a step rests on: the gateway's report and what checking its signature gave, or nothing of the kind. */
export type StepBasis = { readonly report: OrderReport; readonly proofWord: ProofWord | null }

export type Step = { readonly step: OrderState; readonly basis: StepBasis | null }

export type SignedOrder = { readonly jws: string; readonly seq: OrderSeq }

const shown = ({ report, proofWord }: StepBasis) => ({
  evidence: JSON.stringify(report.evidence),
  ...(isProvenReport(report)
    ? { lastMinute: JSON.stringify(report.lastMinute ?? []), proof: report.proof ?? null, proofWord }
    : {}),
})

/** Orders and the steps of their lives. Bound to a database or to a transaction. */
export type OrderStore = ReturnType<typeof createOrderStore>

export function createOrderStore(db: Db) {
  const all = () => db.selectFrom('orders').selectAll()

  const addSteps = (order: StoredOrder, steps: readonly Step[]) =>
    db
      .insertInto('orderSteps')
      .values(
        steps.map(({ step, basis }) => ({
          orderId: order.id,
          vehicleId: order.vehicleId,
          state: step.state,
          at: step.at,
          reason: step.reason ?? '',
          saidBy: step.by,
          relay: step.relay,
          ...(basis === null ? {} : shown(basis)),
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()

  const addStep = (order: StoredOrder, step: OrderState) => addSteps(order, [{ step, basis: null }])

  /** Moves the order from the state it was read in; false when somebody else was faster. */
  const move = async (order: StoredOrder, next: OrderState, now: EpochMs): Promise<boolean> => {
    const moved = await db
      .updateTable('orders')
      .set({
        state: next.state,
        stateAt: next.at,
        stateBy: next.by,
        stateReason: next.reason,
        relay: next.relay,
        closedAt: isFinal(next.state) ? (order.closedAt ?? now) : null,
      })
      .where('id', '=', order.id)
      .where('state', '=', order.state)
      .where('stateAt', '=', order.stateAt)
      .executeTakeFirst()
    return moved.numUpdatedRows > 0n
  }

  /** Gives an open order up and says so in its steps. */
  const giveUp = async (order: StoredOrder, state: 'expired' | 'superseded', now: EpochMs): Promise<boolean> => {
    if (order.closedAt !== null) return false
    const next = givenUp(stateOf(order), state, now)
    if (!(await move(order, next, now))) return false
    await addStep(order, next)
    return true
  }

  /** Locked, since delivery and reports move orders too. NO KEY: steps being written refer to the order and wait for nobody. */
  const openLocked = (vehicle: VehicleId): Promise<StoredOrder[]> =>
    all().where('vehicleId', '=', vehicle).where('closedAt', 'is', null).forNoKeyUpdate().execute()

  return {
    addStep,
    addSteps,
    move,
    giveUp,
    find: (id: OrderId): Promise<StoredOrder | undefined> => all().where('id', '=', id).executeTakeFirst(),
    /** Locked against other transactions until this one ends. */
    findLocked: (id: OrderId): Promise<StoredOrder | undefined> =>
      all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
    newestOf: (vehicle: VehicleId): Promise<StoredOrder | undefined> =>
      all().where('vehicleId', '=', vehicle).orderBy('number', 'desc').limit(1).executeTakeFirst(),
    newestOfEach: (vehicles: readonly VehicleId[]): Promise<StoredOrder[]> =>
      all()
        .distinctOn('vehicleId')
        .where('vehicleId', 'in', vehicles)
        .orderBy('vehicleId')
        .orderBy('number', 'desc')
        .execute(),
    ofVehicle: (vehicle: VehicleId, limit: number): Promise<StoredOrder[]> =>
      all().where('vehicleId', '=', vehicle).orderBy('number', 'desc').limit(limit).execute(),
    /** Unblocks first: nothing else is worth letting them wait. */
    open: (): Promise<StoredOrder[]> =>
      all().where('closedAt', 'is', null).orderBy('action', 'desc').orderBy('number').execute(),
    /** The same, of these gateways. */
    openAt: async (gateways: readonly GatewayId[]): Promise<StoredOrder[]> =>
      gateways.length === 0
        ? []
        : all()
            .where('gatewayId', 'in', gateways)
            .where('closedAt', 'is', null)
            .orderBy('action', 'desc')
            .orderBy('number')
            .execute(),
    /** Blocks that wait for another person's word, oldest first. */
    awaitingApproval: (limit: number): Promise<StoredOrder[]> =>
      all()
        .where('closedAt', 'is', null)
        .where('unsignedBecause', '=', 'two-persons')
        .orderBy('number')
        .limit(limit)
        .execute(),
    openOf: (vehicle: VehicleId): Promise<StoredOrder[]> =>
      all().where('vehicleId', '=', vehicle).where('closedAt', 'is', null).execute(),
    /** Vehicles that ever had an order. */
    vehicles: async (): Promise<VehicleId[]> => {
      const rows = await db.selectFrom('orders').select('vehicleId').distinct().execute()
      return rows.map((row) => row.vehicleId)
    },
    overdue: (now: EpochMs): Promise<StoredOrder[]> =>
      all().where('closedAt', 'is', null).where('notAfter', '<', now).execute(),
    /** Oldest first. */
    stepsOf: async (ids: readonly OrderId[]) =>
      ids.length === 0
        ? []
        : db.selectFrom('orderSteps').selectAll().where('orderId', 'in', ids).orderBy('at').orderBy('state').execute(),
    /** Of gateways that have signed orders. */
    highestSeqs: async (gateways: readonly GatewayId[]): Promise<ReadonlyMap<GatewayId, number>> => {
      if (gateways.length === 0) return new Map()
      const rows = await db
        .selectFrom('orders')
        .select((found) => ['gatewayId', found.fn.max('seq').as('seq')])
        .where('gatewayId', 'in', gateways)
        .groupBy('gatewayId')
        .execute()
      return new Map(rows.map(({ gatewayId, seq }) => [gatewayId, seq ?? 0]))
    },
    keepSigned: (id: OrderId, signed: SignedOrder) =>
      db
        .updateTable('orders')
        .set({ jws: signed.jws, seq: signed.seq, unsignedBecause: null })
        .where('id', '=', id)
        .execute(),
    keepUnsigned: (id: OrderId, unsignedBecause: UnsignedBecause) =>
      db.updateTable('orders').set({ unsignedBecause }).where('id', '=', id).where('jws', 'is', null).execute(),
    keepHeard: (id: OrderId) => db.updateTable('orders').set({ heard: true }).where('id', '=', id).execute(),
    keepPublished: (id: OrderId, publishedAt: EpochMs) =>
      db.updateTable('orders').set({ publishedAt }).where('id', '=', id).execute(),

    /** Harmless when this person has approved already, or the order is gone. */
    applyApproved: async ({ orderId, by, at, way = 'code' }: OrderApproved): Promise<void> => {
      const order = await all().where('id', '=', orderId).forNoKeyUpdate().executeTakeFirst()
      if (order === undefined || order.approvals.some(({ id }) => id === by.id)) return
      const approvals = JSON.stringify([...order.approvals, { id: by.id, name: by.name, at, way }])
      await db.updateTable('orders').set({ approvals }).where('id', '=', orderId).execute()
    },

    /** Writes a requested order and supersedes the vehicle's open one; harmless when it is there already. */
    apply: async (request: OrderRequested): Promise<void> => {
      const known = await db.selectFrom('orders').select('id').where('id', '=', request.orderId).executeTakeFirst()
      if (known !== undefined) return
      for (const open of await openLocked(request.vehicleId)) await giveUp(open, 'superseded', request.at)
      const row = {
        id: request.orderId,
        vehicleId: request.vehicleId,
        gatewayId: request.gatewayId,
        action: request.action,
        reasons: JSON.stringify(request.reasons),
        requestedBy: request.by,
        issuedAt: request.at,
        notAfter: request.notAfter,
        state: 'created',
        stateAt: request.at,
        stateBy: 'cloud',
        heard: false,
        askerId: request.asker?.id ?? null,
        askerName: request.asker?.name ?? null,
        approvals: '[]',
      } as const
      const step = { orderId: row.id, vehicleId: row.vehicleId, state: row.state, at: row.stateAt, reason: '' }
      await db.insertInto('orders').values(row).execute()
      await db
        .insertInto('orderSteps')
        .values({ ...step, saidBy: 'cloud' })
        .onConflict((it) => it.doNothing())
        .execute()
    },
  }
}
