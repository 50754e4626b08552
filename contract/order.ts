import { z } from 'zod'
import { GnssTrust, RelayWord, TimeQuality } from './frame.ts'
import { GatewayId, OrderId, OrderSeq, VehicleId } from './ids.ts'
import { EpochMs, ToldMs } from './instant.ts'

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

/** What one second of the minute before a report said about motion; an absent field was not known then. */
export const MotionSample = z.strictObject({
  ageMs: z.int().min(0).max(120_000),
  /** The highest speed heard in that second, whatever the quality of the reading. */
  speedKmh: z.number().min(0).max(1000).exactOptional(),
  ignition: z.boolean().exactOptional(),
  motion: z.boolean().exactOptional(),
  /** From the oldest position of the minute. */
  fromFirstM: z.number().min(0).max(50_000_000).exactOptional(),
})
export type MotionSample = z.infer<typeof MotionSample>

/**
 * The gateway's signature over `provenText` of its report: JWS with detached payload (RFC 7515, appendix F), ES256 by the
 * key of the certificate in the header's `x5c`.
 */
export const ReportProof = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9_-]{1,3996}\.\.[A-Za-z0-9_-]{86}$/, 'a proof is a detached JWS by an EC P-256 key')
export type ReportProof = z.infer<typeof ReportProof>

const report = {
  kind: z.literal('report'),
  orderId: OrderId,
  orderSeq: OrderSeq,
  relay: RelayWord,
  evidence: EvidenceSnapshot,
  at: ToldMs,
}

/** Carried by the report that ends what was done to the relay, or says that nothing will be. */
const proof = {
  /** Motion in the last 60 s, oldest first, one sample a second. */
  lastMinute: z.array(MotionSample).max(64).exactOptional(),
  /** Absent from a gateway that has no certificate. */
  proof: ReportProof.exactOptional(),
}

/** One step of an order, told by the gateway. `verified` is only ever said after a read-back. */
export const OrderReport = z.discriminatedUnion('state', [
  z.strictObject({ ...report, state: z.literal('received') }),
  z.strictObject({ ...report, state: z.literal('waiting'), reason: WaitReason }),
  z.strictObject({ ...report, state: z.literal('executing') }),
  z.strictObject({ ...report, ...proof, state: z.literal('verified') }),
  z.strictObject({ ...report, ...proof, state: z.literal('refused'), reason: RefuseReason }),
  z.strictObject({ ...report, ...proof, state: z.literal('failed'), reason: FailReason }),
  z.strictObject({ ...report, state: z.literal('expired') }),
  z.strictObject({ ...report, state: z.literal('superseded') }),
])
export type OrderReport = z.infer<typeof OrderReport>
export type ReportedState = OrderReport['state']

/** A report that carries what was seen and, from a gateway with a certificate, its signature. */
export type ProvenReport = Extract<OrderReport, { state: 'verified' | 'refused' | 'failed' }>

/** Pure. */
export const isProvenReport = (report: OrderReport): report is ProvenReport =>
  report.state === 'verified' || report.state === 'refused' || report.state === 'failed'

/** Pure. The text that a proof signs: the report without the proof, keys sorted, no spaces (RFC 8785). */
export function provenText(report: ProvenReport): string {
  const { proof: _signature, ...said } = report
  return JSON.stringify(sorted(said))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  )
}
