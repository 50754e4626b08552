import { z } from 'zod'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { SignerPolicy } from './signer-policy.ts'

/** Claims of an order before the signer has numbered it. */
export type UnnumberedOrder = Order extends infer One ? (One extends Order ? Omit<One, 'seq'> : never) : never

const [block, unblock] = Order.options
export const UnnumberedOrder = z.discriminatedUnion('action', [block.omit({ seq: true }), unblock.omit({ seq: true })])

/** A person's word for one order, as the web tier tells it; what the signer has verified itself it keeps itself. */
export const Approval = z.strictObject({ id: z.string().min(1).max(128), name: z.string().max(128), at: EpochMs })
export type Approval = z.infer<typeof Approval>

/** On whose word the order is asked for: a rule's, or that of the persons named. */
export const Basis = z.strictObject({
  asker: z.enum(['rule', 'person']),
  approvals: z.array(Approval).max(16).readonly(),
  /** Vehicles in service as the asker counts them; a lie can only loosen the share, never the number per hour. */
  fleetSize: z.int().min(0),
})
export type Basis = z.infer<typeof Basis>

export const SignRequest = z.strictObject({ claims: UnnumberedOrder, above: z.int().min(0), basis: Basis })
export type SignRequest = z.infer<typeof SignRequest>

/** Why a block is not signed now; the words are public. An unblock is never refused. */
export const RefusedWord = z.enum([
  'unblock-only',
  'automatic-stopped',
  'automatic-frozen',
  'budget-hour',
  'budget-share',
  'vehicle-rate',
  'two-persons',
])
export type RefusedWord = z.infer<typeof RefusedWord>

export const SignAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('signed'), jws: z.string(), seq: OrderSeq }),
  /** `until`: asking earlier is in vain; null when only a person can change it. */
  z.strictObject({ outcome: z.literal('refused'), reason: RefusedWord, until: EpochMs.nullable() }),
])
export type SignAnswer = z.infer<typeof SignAnswer>

/** `unblock-only` stops every block, `automatic-stopped` those of rules; `automatic-frozen` is the governor's own. */
export const SwitchMode = z.enum(['running', 'automatic-stopped', 'unblock-only', 'automatic-frozen'])
export type SwitchMode = z.infer<typeof SwitchMode>

export const SwitchState = z.strictObject({
  mode: SwitchMode,
  reason: z.string().max(500),
  by: z.string().max(128),
  at: EpochMs,
})
export type SwitchState = z.infer<typeof SwitchState>

export const SwitchWish = z.strictObject({
  mode: SwitchMode.exclude(['automatic-frozen']),
  reason: z.string().max(500),
  by: z.string().max(128),
})
export type SwitchWish = z.infer<typeof SwitchWish>

export const Approver = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().max(128),
  countsFrom: EpochMs,
})
export type Approver = z.infer<typeof Approver>
export const ApproverWish = z.strictObject({
  id: Approver.shape.id,
  name: Approver.shape.name,
  by: z.string().max(128),
})
export type ApproverWish = z.infer<typeof ApproverWish>

/** A person stands by these blocks; the code is of the secret that only the signer and the person have. */
export const ApprovalWish = z.strictObject({
  id: Approver.shape.id,
  code: z.string().regex(/^\d{6}$/),
  orders: z.array(OrderId).min(1).max(2000).readonly(),
})
export type ApprovalWish = z.infer<typeof ApprovalWish>

/** Why a word does not count; the words are public. */
export const ApprovalRefusal = z.enum(['not-enrolled', 'wrong-code', 'locked'])
export const ApprovalAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('approved') }),
  z.strictObject({ outcome: z.literal('refused'), reason: ApprovalRefusal }),
])
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>

export const PolicyWish = z.strictObject({ policy: SignerPolicy.partial(), by: z.string().max(128) })
export type PolicyWish = z.infer<typeof PolicyWish>

export const SignerStatus = z.strictObject({
  switch: SwitchState,
  policy: SignerPolicy,
  usage: z.strictObject({
    automaticLastHour: z.int(),
    automaticLastDay: z.int(),
    vehiclesLastTenMinutes: z.int(),
  }),
  approvers: z.array(Approver).readonly(),
  /** `memory`: the signer's disk refuses; it signs unblocks only. */
  storage: z.enum(['disk', 'memory']),
})
export type SignerStatus = z.infer<typeof SignerStatus>

/** A configuration carries no number of ours: the web tier counts versions, and the gateway takes only higher ones. */
export const SignedConfiguration = z.strictObject({ jws: z.string() })

export const SignerKeys = z.strictObject({ keys: z.array(SignerKey).readonly() })
