import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { RouteRoles } from '../http/access.ts'
import { policyField } from '../http/field-mask.ts'
import { type Call, stateOf, talkMs } from './call.ts'

/** Who sees who has called, and hears what was said. */
export const SEES_CALLS: RouteRoles = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'service',
  'dispatcher',
  'auditor',
]

export const CallView = z
  .strictObject({
    id: z.uuid(),
    direction: z.enum(['in', 'out']),
    /** The number outside; masked for those who may not see phones. */
    phone: z.string().nullable().meta(policyField('deal', 'phone')),
    line: z.string().nullable(),
    extension: z.string().nullable(),
    source: z.string().nullable(),
    state: z.enum(['ringing', 'talking', 'answered', 'missed', 'unanswered']),
    startedAt: Instant,
    answeredAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    talkMs: z.number().nullable(),
    /** kept: ours to play; linked: the exchange keeps it; wanted: being fetched; failed: not to be had. */
    recording: z.enum(['none', 'linked', 'wanted', 'kept', 'failed']),
    cards: z.array(z.uuid()).readonly(),
  })
  .meta({ id: 'Call' })
export type CallView = z.infer<typeof CallView>

const Recording = CallView.shape.recording
const at = (moment: number | undefined) => (moment === undefined ? null : EpochMs.parse(moment))

/** Pure. A call as it is told over REST. */
export const callView = (
  call: Call & { readonly id: string; readonly recording: string },
  cards: readonly string[],
): CallView => ({
  id: call.id,
  direction: call.direction,
  phone: (call.direction === 'in' ? call.caller : call.callee) ?? null,
  line: call.line ?? null,
  extension: call.extension ?? null,
  source: call.source ?? null,
  state: stateOf(call),
  startedAt: EpochMs.parse(call.startedAt),
  answeredAt: at(call.answeredAt),
  endedAt: at(call.endedAt),
  talkMs: talkMs(call) ?? null,
  recording: Recording.catch('none').parse(call.recording),
  cards,
})
