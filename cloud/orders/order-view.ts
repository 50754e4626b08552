import { z } from 'zod'
import { RelayWord } from '#contract/frame.ts'
import { GatewayId, OrderId, OrderSeq, VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { EvidenceSnapshot, HoldReason, MotionSample, OrderAction } from '#contract/order.ts'
import { ProofWord } from '../pki/report-proof.ts'
import type { OrderStepRow } from '../postgres/fleet-tables.ts'
import { ApprovalWay } from '../signer/signer-message.ts'
import type { StoredOrder } from './stored-order.ts'
import { UnsignedBecause } from './unsigned.ts'

const StateWord = z.enum([
  'created',
  'sent',
  'received',
  'waiting',
  'executing',
  'verified',
  'refused',
  'failed',
  'expired',
  'superseded',
])

const OrderStep = z.strictObject({
  state: StateWord,
  at: Instant,
  reason: z.string().nullable(),
  relay: RelayWord.nullable(),
  evidence: EvidenceSnapshot.nullable(),
  /** Motion in the minute before, oldest first; null for a step that ends nothing, absent in the live feed. */
  lastMinute: z.array(MotionSample).nullable().exactOptional(),
  /** The gateway's signature over what it reported (a detached JWS), and what checking it gave. */
  proof: z.strictObject({ word: ProofWord, jws: z.string().nullable() }).nullable(),
})

/** An order as REST shows it; `steps` only where one order is asked for. `seq` is null until it is signed. */
export const OrderView = z
  .strictObject({
    id: OrderId,
    vehicleId: VehicleId,
    gatewayId: GatewayId,
    seq: OrderSeq.nullable(),
    action: OrderAction,
    reasons: z.array(HoldReason).readonly(),
    state: StateWord,
    reason: z.string().nullable(),
    issuedAt: Instant,
    notAfter: Instant.nullable(),
    by: z.string(),
    /** Why it is not signed yet; null once it is, and for every unblock but while the signer does not answer. */
    unsignedBecause: UnsignedBecause.nullable(),
    /** Who besides the asker stands by it, and how he proved himself to the signer; a passkey is bound to the list of cars. */
    approvals: z.array(z.strictObject({ name: z.string(), at: Instant, way: ApprovalWay })).readonly(),
    steps: z.array(OrderStep).readonly().exactOptional(),
  })
  .meta({ id: 'Order' })
export type OrderView = z.infer<typeof OrderView>

/** Pure. */
export const orderView = (
  order: StoredOrder,
  steps?: readonly Pick<OrderStepRowRead, StepField>[],
  detail: 'whole' | 'brief' = 'whole',
): OrderView => ({
  id: order.id,
  vehicleId: order.vehicleId,
  gatewayId: order.gatewayId,
  seq: order.seq,
  action: order.action,
  reasons: order.reasons,
  state: order.state,
  reason: order.stateReason,
  issuedAt: order.issuedAt,
  notAfter: order.notAfter,
  by: order.requestedBy,
  unsignedBecause: order.closedAt === null ? order.unsignedBecause : null,
  approvals: order.approvals.map(({ name, at, way = 'code' }) => ({ name, at, way })),
  ...(steps === undefined ? {} : { steps: steps.map((step) => stepView(step, detail)) }),
})

type StepField = 'state' | 'at' | 'reason' | 'relay' | 'evidence' | 'lastMinute' | 'proof' | 'proofWord'
type OrderStepRowRead = Omit<OrderStepRow, 'evidence' | 'lastMinute'> & {
  readonly evidence: unknown
  readonly lastMinute: unknown
}

const stepView = (step: Pick<OrderStepRowRead, StepField>, detail: 'whole' | 'brief'): z.infer<typeof OrderStep> => ({
  state: step.state,
  at: step.at,
  reason: step.reason === '' ? null : step.reason,
  relay: step.relay,
  evidence: EvidenceSnapshot.nullable().parse(step.evidence),
  ...(detail === 'brief' ? {} : { lastMinute: z.array(MotionSample).nullable().parse(step.lastMinute) }),
  proof: step.proofWord === null ? null : { word: step.proofWord, jws: step.proof },
})
