import type { Immobilizer, Order, Vehicle } from '../api/vehicle.ts'
import { ageWords, spanWords } from '../language/age.ts'
import { wordOr } from '../language/language.ts'
import { atWords, sinceWords } from '../language/moment.ts'
import { dataAgeMs } from './presence.ts'
import { relayWords, type Speech, silenceMs } from './vehicle-words.ts'

const OPEN_ORDER = new Set<Order['state']>(['created', 'sent', 'received', 'waiting', 'executing'])

/** Pure. The newest order while it is still under way. */
export function openOrder(immobilizer: Immobilizer): Order | null {
  const { order } = immobilizer
  return order !== null && OPEN_ORDER.has(order.state) ? order : null
}

/** Pure. Whether nothing has come back from the car about this order: a wish on its way, not a fact. */
export const isUnanswered = (order: Order): boolean => order.state === 'created' || order.state === 'sent'

/** When the relay confirmed the state: the step of the order that brought it about, else the last word about the relay. */
function confirmedAt({ order, relayAt }: Immobilizer): string | null {
  return order?.steps?.find((step) => step.state === 'verified')?.at ?? relayAt
}

/** «Заблокирован, реле подтвердило в 14:22.» and its kin: only ever the relay's own word. */
export function confirmedWords({ immobilizer }: Vehicle, { t, language, now }: Speech): string {
  const { state, relay, relayAt } = immobilizer
  const at = confirmedAt(immobilizer)
  if (relayAt === null || at === null) return t('immobilizer.relayNever')
  const words = { at: atWords(Date.parse(at), now, language) }
  if (state === 'blocked' && relay === 'open') return t('immobilizer.blockedAt', words)
  if (state === 'permitted' && relay === 'closed') return t('immobilizer.permittedAt', words)
  return t('immobilizer.relaySays', { word: relayWords(relay, t), age: ageWords(now - Date.parse(relayAt), language) })
}

function sentWords(order: Order, { t, language, now }: Speech): string {
  const at = atWords(Date.parse(order.issuedAt), now, language)
  const key = `${order.state === 'created' ? 'created' : 'sent'}${order.action === 'block' ? 'Block' : 'Unblock'}`
  return t(`immobilizer.${key}`, { at })
}

function queueWords(order: Order, silence: number, { t, language, now }: Speech): string {
  const span = spanWords(silence, language)
  if (order.action === 'unblock' || order.notAfter === null) return t('immobilizer.queueUnblock', { span })
  return t('immobilizer.queueBlock', { span, until: sinceWords(Date.parse(order.notAfter), now, language) })
}

/** Why the wanted state is not there yet, one sentence a line; empty when nothing is under way. */
export function whyNotYet(vehicle: Vehicle, speech: Speech): readonly string[] {
  const order = openOrder(vehicle.immobilizer)
  if (order === null) return []
  const silence = silenceMs(vehicle, speech.now)
  const lines = isUnanswered(order) ? [sentWords(order, speech)] : []
  if (silence !== null) return [...lines, queueWords(order, silence, speech)]
  const reason = vehicle.immobilizer.waitReason ?? (order.state === 'waiting' ? order.reason : null)
  if (reason === null || isUnanswered(order)) return lines
  const age = ageWords(dataAgeMs(vehicle, speech.now) ?? 0, speech.language)
  return [...lines, wordOr(speech.t, 'wait', reason, { age, reason })]
}
