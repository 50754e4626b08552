import { z } from 'zod'
import { GnssTrust, RelayWord, TimeQuality } from './frame.ts'
import { GatewayId, OrderId, OrderSeq, VehicleId } from './ids.ts'
import { EpochMs } from './instant.ts'

/** Why a vehicle may not start. */
export const HoldReason = z.enum(['zone', 'balance', 'inspection', 'papers', 'manual', 'theft'])
export type HoldReason = z.infer<typeof HoldReason>

export const OrderAction = z.enum(['block', 'unblock'])
export type OrderAction = z.infer<typeof OrderAction>

const claims = {
  orderId: OrderId,
  seq: OrderSeq,
  aud: GatewayId,
  vehicleId: VehicleId,
  iat: EpochMs,
  /** Who or what asked: `user:<name>` or `rule:<id>`. */
  by: z.string().min(1).max(128),
}

/** The claims inside the JWS (compact, EdDSA) on `down/order`. An unblock never expires: only a newer order ends it. */
export const Order = z.discriminatedUnion('action', [
  z.strictObject({
    ...claims,
    action: z.literal('block'),
    reasons: z.array(HoldReason).min(1).max(6),
    notAfter: EpochMs,
  }),
  z.strictObject({ ...claims, action: z.literal('unblock'), reasons: z.array(HoldReason).max(6) }),
])
export type Order = z.infer<typeof Order>
export type BlockOrder = Extract<Order, { action: 'block' }>

export const WaitReason = z.enum(['ignition-on', 'moving', 'evidence-stale', 'no-motion-evidence', 'relay-resting'])
export type WaitReason = z.infer<typeof WaitReason>

export const RefuseReason = z.enum([
  'wrong-vehicle',
  'not-commissioned',
  'relay-fault',
  'circuit-not-allowed',
  'journal-unwritable',
])
export type RefuseReason = z.infer<typeof RefuseReason>

export const FailReason = z.enum(['relay-fault', 'interrupted', 'relay-silent'])
export type FailReason = z.infer<typeof FailReason>

/** What the interlock saw at the moment of a report; an absent field was not known then. Ages and lengths in ms. */
export const EvidenceSnapshot = z.strictObject({
  speedKmh: z.number().exactOptional(),
  fixAgeMs: z.number().exactOptional(),
  satellites: z.number().exactOptional(),
  accuracyM: z.number().exactOptional(),
  /** Largest distance between two trusted positions of the last 60 s. */
  displacementM: z.number().exactOptional(),
  slowForMs: z.number().exactOptional(),
  gnssTrust: GnssTrust.exactOptional(),
  /** Why the receiver is not believed, while it is not. */
  gnssReasons: z.array(z.string().max(24)).max(12).exactOptional(),
  ignition: z.boolean().exactOptional(),
  ignitionAgeMs: z.number().exactOptional(),
  ignitionOffForMs: z.number().exactOptional(),
  motion: z.boolean().exactOptional(),
  motionAgeMs: z.number().exactOptional(),
  stillForMs: z.number().exactOptional(),
  /** Last read-back of the relay's drive, in the profile's words. */
  drive: z.enum(['free', 'blocked']).exactOptional(),
  sense: z.enum(['free', 'blocked']).exactOptional(),
  timeQuality: TimeQuality.exactOptional(),
  software: z.string().max(64).exactOptional(),
})
export type EvidenceSnapshot = z.infer<typeof EvidenceSnapshot>

const report = {
  kind: z.literal('report'),
  orderId: OrderId,
  orderSeq: OrderSeq,
  relay: RelayWord,
  evidence: EvidenceSnapshot,
  at: EpochMs,
}

/** One step of an order, told by the gateway. `verified` is only ever said after a read-back. */
export const OrderReport = z.discriminatedUnion('state', [
  z.strictObject({ ...report, state: z.literal('received') }),
  z.strictObject({ ...report, state: z.literal('waiting'), reason: WaitReason }),
  z.strictObject({ ...report, state: z.literal('executing') }),
  z.strictObject({ ...report, state: z.literal('verified') }),
  z.strictObject({ ...report, state: z.literal('refused'), reason: RefuseReason }),
  z.strictObject({ ...report, state: z.literal('failed'), reason: FailReason }),
  z.strictObject({ ...report, state: z.literal('expired') }),
  z.strictObject({ ...report, state: z.literal('superseded') }),
])
export type OrderReport = z.infer<typeof OrderReport>
export type ReportedState = OrderReport['state']
