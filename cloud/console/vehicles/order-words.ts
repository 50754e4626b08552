import type { Order, OrderState, OrderStep } from '../api/vehicle.ts'
import { type Language, spanWords } from '../language/age.ts'
import { type Words, wordOr } from '../language/language.ts'
import { numberWords } from '../language/quantity.ts'

/** «Ждёт остановки» is true of a moving car only; for the other reasons the word is «Ждёт». */
const STOP_REASONS = new Set(['moving', 'ignition-on'])

export function orderStateWords(state: OrderState, reason: string | null, t: Words): string {
  if (state === 'waiting' && reason !== null && !STOP_REASONS.has(reason)) return t('order.waitingOther')
  return t(`order.states.${state}`)
}

/** Why a step was as it was, or null when it gave no reason. */
export function reasonWords(reason: string | null, state: OrderState, t: Words): string | null {
  if (reason === null) return null
  return wordOr(t, state === 'waiting' ? 'waitShort' : 'refuse', reason, { reason })
}

export const actionWords = (order: Pick<Order, 'action'>, t: Words): string => t(`order.${order.action}`)

/** How far the gateway's word is proved; null for a step that carries no signature. */
export const proofWords = ({ proof }: Pick<OrderStep, 'proof'>, t: Words): string | null =>
  proof === null || proof === undefined ? null : `${t('order.signature')}: ${t(`order.signatures.${proof.word}`)}`

/** The minute before the step in one phrase; null where nothing was seen. */
export function minuteWords(
  { lastMinute }: Pick<OrderStep, 'lastMinute'>,
  t: Words,
  language: Language,
): string | null {
  const [first] = lastMinute ?? []
  if (lastMinute === null || lastMinute === undefined || first === undefined) return null
  const most = (key: 'speedKmh' | 'fromFirstM'): number => Math.max(0, ...lastMinute.map((sample) => sample[key] ?? 0))
  return t('order.minute', {
    span: spanWords(first.ageMs, language),
    speed: numberWords(most('speedKmh'), 1, language),
    metres: numberWords(most('fromFirstM'), 0, language),
  })
}

const SPOKEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ignition: { true: 'evidence.on', false: 'evidence.off' },
  motion: { true: 'evidence.yes', false: 'evidence.no' },
  drive: { free: 'evidence.free', blocked: 'evidence.blocked' },
  sense: { free: 'evidence.free', blocked: 'evidence.blocked' },
  timeQuality: {
    gnss: 'evidence.gnss',
    ntp: 'evidence.ntp',
    rtc: 'evidence.rtc',
    estimated: 'evidence.estimated',
  },
  gnssTrust: { ok: 'evidence.ok', suspect: 'evidence.suspect', jammed: 'evidence.jammed' },
}

const KNOWN = new Set([
  'speedKmh',
  'fixAgeMs',
  'satellites',
  'accuracyM',
  'displacementM',
  'slowForMs',
  'gnssTrust',
  'ignition',
  'ignitionAgeMs',
  'ignitionOffForMs',
  'motion',
  'motionAgeMs',
  'stillForMs',
  'drive',
  'sense',
  'timeQuality',
  'software',
])

/** What the interlock saw, a phrase a fact; facts this console does not know yet are shown as they are. */
export function evidenceWords(
  evidence: Readonly<Record<string, unknown>> | null,
  t: Words,
  language: Language,
): readonly string[] {
  return Object.entries(evidence ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => {
      if (!KNOWN.has(name)) return `${name}: ${String(value)}`
      if (name.endsWith('Ms')) return t(`evidence.${name}`, { span: spanWords(Number(value), language) })
      const word = SPOKEN[name]?.[String(value)]
      const said = typeof value === 'number' ? numberWords(value, 1, language) : String(value)
      return t(`evidence.${name}`, { value: word === undefined ? said : t(word) })
    })
}
