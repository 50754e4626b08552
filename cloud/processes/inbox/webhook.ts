import { z } from 'zod'
import type { CallEvent } from '../../calls/call.ts'
import type { Facts } from '../../expressions/fact-type.ts'

/** What comes in from outside, made one of our events. */
export type Incoming = {
  readonly event: string
  /** The sender's own id of this event: the second time it changes nothing. */
  readonly key: string
  readonly payload: Facts
  readonly happenedAt: number | undefined
  /** Whom the event is about, where the sender knows it: ids, or the phone number of a card. */
  readonly about?: About | undefined
}
export type About = {
  readonly card?: string | undefined
  readonly vehicle?: string | undefined
  readonly driver?: string | undefined
  readonly phone?: string | undefined
}
export type ReadIncoming =
  | { readonly kind: 'read'; readonly incoming: Incoming }
  | { readonly kind: 'call'; readonly call: CallEvent }
  | { readonly kind: 'wrong'; readonly why: string }

const phone = z
  .string()
  .transform((written) => e164(written))
  .refine((number) => number !== undefined, { error: 'not a phone number' })
const text = z.string().trim().max(500)
const key = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(200))
const moment = z.union([z.number(), z.iso.datetime({ offset: true }).transform((at) => Date.parse(at))]).optional()

const Call = z.looseObject({
  id: key,
  event: z.enum(['ringing', 'missed', 'answered', 'ended', 'recorded']),
  direction: z.enum(['in', 'out']).default('in'),
  from: z.string(),
  to: text.optional(),
  line: text.optional(),
  extension: text.optional(),
  source: text.optional(),
  at: moment,
  answeredAt: moment,
  recordUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional(),
})
const Form = z.looseObject({
  id: key,
  phone,
  name: text.optional(),
  source: text.optional(),
  city: text.optional(),
  other: text.optional(),
  /** The visit of Roistat: its cookie `roistat_visit`. */
  visit_id: z.union([z.string(), z.number()]).transform(String).optional(),
  /** Which form it was; `a`: the code of an agent's link. */
  form: text.optional(),
  a: text.optional(),
  /** When he agreed that his data are processed. */
  consent: moment,
  at: moment,
})
/** `id`: number of the resolution. */
const FineFound = z.looseObject({
  id: key,
  plate: z.string().trim().min(2).max(20),
  at: z.union([z.number(), z.iso.datetime({ offset: true }).transform((at) => Date.parse(at))]),
  amount: z
    .union([z.string().transform(kopecksOf), z.object({ kopecks: z.int() }).transform(({ kopecks }) => kopecks)])
    .refine((sum): sum is number => sum !== undefined && sum > 0, { error: 'not a sum' }),
  article: text.optional(),
})
/** Money comes as roubles in a string («12400.50») or as kopecks in a whole number. */
const Payment = z.looseObject({
  id: key,
  orderNo: z.union([text, z.number()]).transform(String),
  amount: z
    .union([z.string().transform(kopecksOf), z.object({ kopecks: z.int() }).transform(({ kopecks }) => kopecks)])
    .refine((sum): sum is number => sum !== undefined && sum > 0, { error: 'not a sum' }),
  at: moment,
})
/** What Roistat posts of a call: who called, and the visit to the site that it has found for him. */
const RoistatCall = z.looseObject({
  id: key,
  caller: phone,
  callee: text.nullish(),
  visit_id: z.union([z.string(), z.number()]).transform(String).nullish(),
  marker: text.nullish(),
  date: z.string().nullish(),
})
const Event = z.looseObject({
  id: key,
  event: z.string().regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/),
  payload: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  about: z
    .strictObject({
      card: z.uuid().optional(),
      vehicle: z.uuid().optional(),
      driver: z.uuid().optional(),
      phone: phone.optional(),
    })
    .optional(),
  at: moment,
})

export const ADAPTERS = ['telephony', 'form', 'onec', 'fine', 'roistat', 'event'] as const
export type Adapter = (typeof ADAPTERS)[number]

/** Pure. A call, a form, a payment of 1C, or any event of the definitions by its own name. */
export function readIncoming(adapter: Adapter, body: unknown, now: number): ReadIncoming {
  switch (adapter) {
    case 'telephony': {
      const call = Call.safeParse(body)
      if (!call.success) return wrong(call.error)
      return callOf(call.data, now)
    }
    case 'form': {
      const form = Form.safeParse(body)
      if (!form.success) return wrong(form.error)
      const { id, at, phone: number, form: which, a: agentRef, ...rest } = form.data
      const { name, source = 'Сайт', city, other, consent, visit_id: visitId } = rest
      const said = { phone: number, name, source, city, other, form: which ?? 'service', agentRef, consent, visitId }
      return read('web.form', id, said, at)
    }
    case 'onec': {
      const paid = Payment.safeParse(body)
      if (!paid.success) return wrong(paid.error)
      const { id, orderNo, amount, at } = paid.data
      return read('onec.payment', id, { id, orderNo, amount }, at)
    }
    case 'fine': {
      const fine = FineFound.safeParse(body)
      if (!fine.success) return wrong(fine.error)
      const { id, plate, at, amount, article } = fine.data
      return read('fine.found', id, { no: id, plate, at, amount, article }, at)
    }
    case 'roistat': {
      const call = RoistatCall.safeParse(body)
      if (!call.success) return wrong(call.error)
      const { id, caller, callee, visit_id: visit, marker, date } = call.data
      const at = Date.parse(date ?? '')
      const said = { from: caller, line: callee ?? undefined, visitId: visit ?? undefined, marker: marker ?? undefined }
      return read('roistat.visit', `call ${id}`, said, Number.isNaN(at) ? undefined : at)
    }
    case 'event': {
      const event = Event.safeParse(body)
      if (!event.success) return wrong(event.error)
      // It moves money: only by the hook of its own, which is signed.
      if (event.data.event === 'fine.found') return { kind: 'wrong', why: 'event: fines have a hook of their own' }
      return read(event.data.event, event.data.id, event.data.payload, event.data.at, event.data.about)
    }
  }
}

/** The outside party has a phone number; our own end may be an extension. */
function callOf(said: z.infer<typeof Call>, now: number): ReadIncoming {
  const isIn = said.direction === 'in'
  const outside = e164((isIn ? said.from : said.to) ?? '')
  if (outside === undefined) return { kind: 'wrong', why: `${isIn ? 'from' : 'to'}: not a phone number` }
  return {
    kind: 'call',
    call: {
      callId: said.id,
      phase: said.event,
      direction: said.direction,
      caller: isIn ? outside : said.from.slice(0, 100),
      callee: isIn ? said.to : outside,
      line: said.line === undefined ? undefined : (e164(said.line) ?? said.line),
      extension: said.extension,
      source: said.source,
      at: said.at ?? now,
      answeredAt: said.answeredAt,
      recordUrl: said.recordUrl,
    },
  }
}

const read = (
  event: string,
  id: string,
  payload: Facts,
  happenedAt: number | undefined,
  about?: About | undefined,
): ReadIncoming => ({
  kind: 'read',
  incoming: {
    event,
    key: id,
    payload: Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)),
    happenedAt,
    about,
  },
})
const wrong = (error: z.ZodError): ReadIncoming => ({
  kind: 'wrong',
  why: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
})

/** Pure. E.164 of a Russian number in any usual spelling; of another country only with its plus. */
export function e164(written: string): string | undefined {
  const digits = written.replace(/[^\d+]/g, '')
  if (/^\+\d{8,15}$/.test(digits)) return digits
  if (/^[78]\d{10}$/.test(digits)) return `+7${digits.slice(1)}`
  return /^\d{10}$/.test(digits) ? `+7${digits}` : undefined
}

/** Pure. `12400.5`, `12 400,50`; undefined for anything else, more than kopecks included. */
export function kopecksOf(written: string): number | undefined {
  const found = /^(\d{1,12})(?:[.,](\d{1,2})0{0,2})?$/.exec(written.replace(/[\s\u00a0]/g, ''))
  return found === null ? undefined : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
}
