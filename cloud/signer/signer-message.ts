import { z } from 'zod'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { Assertion, Registration } from '../factors/key-answer.ts'
import { ListedBlock } from './approval-list.ts'
import { SignerPolicy } from './signer-policy.ts'

/** Claims of an order before the signer has numbered it. */
export type UnnumberedOrder = Order extends infer One ? (One extends Order ? Omit<One, 'seq'> : never) : never

const [block, unblock] = Order.options
export const UnnumberedOrder = z.discriminatedUnion('action', [block.omit({ seq: true }), unblock.omit({ seq: true })])

/** How a person proved himself to the signer: by six digits, or by a passkey whose challenge was the very list of cars. */
export const ApprovalWay = z.enum(['code', 'passkey'])
export type ApprovalWay = z.infer<typeof ApprovalWay>

/** A person's word for one order, as the web tier tells it; what the signer has verified itself it keeps itself. */
export const Approval = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().max(128),
  at: EpochMs,
  way: ApprovalWay.exactOptional(),
})
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
export const ApprovalRefusal = z.enum([
  'not-enrolled',
  'wrong-code',
  'wrong-word',
  'locked',
  'passkey-wanted',
  'no-passkey',
  'passkey-wrong',
  'passkey-cloned',
  'question-over',
])
export type ApprovalRefusal = z.infer<typeof ApprovalRefusal>
const Refused = z.strictObject({ outcome: z.literal('refused'), reason: ApprovalRefusal })

/** `orders`: those that the person stands by now. */
export const ApprovalAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('approved'), way: ApprovalWay, orders: z.array(OrderId).readonly() }),
  Refused,
])
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>

const MOST_BLOCKS = 2000
/** A person wants to stand by these blocks with a passkey, and by no others. */
export const ListWish = z.strictObject({
  id: Approver.shape.id,
  blocks: z
    .array(ListedBlock)
    .min(1)
    .max(MOST_BLOCKS)
    .refine((blocks) => new Set(blocks.map(({ orderId }) => orderId)).size === blocks.length, 'an order twice')
    .readonly(),
})
export type ListWish = z.infer<typeof ListWish>

/** What a browser asks a passkey (WebAuthn); the challenge is the digest of the list. */
export const PasskeyQuestion = z.strictObject({
  challenge: z.string(),
  rpId: z.string(),
  allowCredentials: z.array(z.strictObject({ id: z.string(), type: z.literal('public-key') })).readonly(),
  userVerification: z.literal('required'),
  timeout: z.int(),
})
export type PasskeyQuestion = z.infer<typeof PasskeyQuestion>
export const ListAnswer = z.discriminatedUnion('outcome', [
  /** `until`: the last moment at which one of the blocks may still be executed. */
  z.strictObject({ outcome: z.literal('asked'), wish: z.string(), until: EpochMs, question: PasskeyQuestion }),
  Refused,
])
export type ListAnswer = z.infer<typeof ListAnswer>

export const PasskeyApprovalWish = z.strictObject({
  id: Approver.shape.id,
  wish: z.string().max(64),
  passkey: Assertion,
})
export type PasskeyApprovalWish = z.infer<typeof PasskeyApprovalWish>

/** A person brings a passkey with the word that was shown where the signer runs. */
export const PasskeyInvitation = z.strictObject({
  id: Approver.shape.id,
  name: Approver.shape.name,
  word: z.string().min(1).max(32),
})
export type PasskeyInvitation = z.infer<typeof PasskeyInvitation>

/** What a browser is asked to make a key of (WebAuthn). */
export const NewPasskeyQuestion = z.strictObject({
  challenge: z.string(),
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })).readonly(),
  excludeCredentials: z.array(z.strictObject({ id: z.string(), type: z.literal('public-key') })).readonly(),
  authenticatorSelection: z.strictObject({
    residentKey: z.literal('discouraged'),
    userVerification: z.literal('required'),
  }),
  attestation: z.literal('none'),
  timeout: z.int(),
})
export type NewPasskeyQuestion = z.infer<typeof NewPasskeyQuestion>
export const InvitationAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('asked'), question: NewPasskeyQuestion }),
  Refused,
])
export type InvitationAnswer = z.infer<typeof InvitationAnswer>

export const NewPasskeyWish = z.strictObject({ id: Approver.shape.id, passkey: Registration })
export type NewPasskeyWish = z.infer<typeof NewPasskeyWish>
/** The key counts once its thumbprint has been said where the signer runs. */
export const NewPasskeyAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('kept'), thumbprint: z.string() }),
  Refused,
])
export type NewPasskeyAnswer = z.infer<typeof NewPasskeyAnswer>

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
  /** `ways`: with what each can prove himself now. */
  approvers: z.array(Approver.extend({ ways: z.array(ApprovalWay).readonly() })).readonly(),
  /** `memory`: the signer's disk refuses; it signs unblocks only. */
  storage: z.enum(['disk', 'memory']),
})
export type SignerStatus = z.infer<typeof SignerStatus>

/** A configuration carries no number of ours: the web tier counts versions, and the gateway takes only higher ones. */
export const SignedConfiguration = z.strictObject({ jws: z.string() })

export const SignerKeys = z.strictObject({ keys: z.array(SignerKey).readonly() })
