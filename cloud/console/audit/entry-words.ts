import type { Language } from '../language/age.ts'
import type { Words } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { placeWords } from './place-words.ts'

export type AuditData = Readonly<Record<string, unknown>>
export type AuditLine = {
  readonly kind: string
  readonly data: AuditData
  /** What ids of this entry are called, where they are called anything. */
  readonly labels: Readonly<Record<string, string>>
}
type Speech = { readonly t: Words; readonly language: Language; readonly now: number }

/** Of a list: how much and from where it was read, which says nothing of what was seen. */
const UNSAID: ReadonlySet<string> = new Set(['limit', 'cursor', 'sort', 'order', 'maxPoints', 'simplifyM', 'format'])

/** Pure. A word as it stands; what was forgotten is said to be; an id by what it is called. */
function said(value: unknown, { labels }: Pick<AuditLine, 'labels'>, speech: Speech): string {
  if (typeof value === 'object' && value !== null && '#' in value) return speech.t('audit.forgotten')
  if (Array.isArray(value)) return value.map((one) => said(one, { labels }, speech)).join(', ')
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value))
    return momentWords(Date.parse(value), speech.now, speech.language)
  if (typeof value === 'string') return labels[value] ?? value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Pure. What an entry of the audit says, in one sentence of the language of the page; the entry itself stands beside it. */
export function entryWords(line: AuditLine, speech: Speech): string {
  const { data } = line
  const parts = typeof data['route'] === 'string' ? asked(line, speech) : happened(line, speech)
  const note = said(data['note'], line, speech)
  return [...parts, ...(note === '' ? [] : [speech.t('audit.note', { note })])].filter((part) => part !== '').join('. ')
}

/** A look, a deed or a refusal, by the address that was asked. */
function asked(line: AuditLine, speech: Speech): readonly string[] {
  const { t, language } = speech
  const { kind, data } = line
  const verb = kind === 'refused' ? 'refused' : kind === 'look' ? 'look' : String(data['method']).toLowerCase()
  const where = placeWords(String(data['route']), language)
  const filter = Object.entries(recordOf(data['filter'])).flatMap(([name, value]) => {
    const words = UNSAID.has(name) ? '' : said(value, line, speech)
    return words === '' ? [] : [`${known(t, 'audit.filters', name)}: ${words}`]
  })
  const ids = Object.values(recordOf(data['params'])).flatMap((id) => {
    const words = said(id, line, speech)
    // What is called nothing stands in the column of subjects.
    return typeof id === 'string' && words === id && id.length > 20 ? [] : [words]
  })
  return [
    t(`audit.verbs.${verb}`, { where: [where, ...ids].join(', ') }),
    ...(typeof data['looksAt'] === 'string' ? [t(`audit.sights.${data['looksAt']}`)] : []),
    ...(kind === 'look' && typeof data['count'] === 'number' ? [t('audit.count', { count: data['count'] })] : []),
    ...(filter.length === 0 ? [] : [t('audit.filter', { filter: filter.join(', ') })]),
    ...(data['by'] === 'token' ? [t('audit.byToken')] : []),
  ]
}

/** A decision, a step of an order, or what happened at the door. */
function happened(line: AuditLine, speech: Speech): readonly string[] {
  const { t } = speech
  const { kind, data } = line
  if (kind === 'order')
    return [
      t('audit.step', { state: known(t, 'order.states', String(data['state'])) }),
      ...(typeof data['reason'] === 'string' && data['reason'] !== ''
        ? [known(t, data['state'] === 'waiting' ? 'waitShort' : 'refuse', data['reason'])]
        : []),
      ...(data['relay'] === 'open' || data['relay'] === 'closed' ? [t(`audit.relay.${data['relay']}`)] : []),
    ]
  if (kind === 'sign-in')
    return [
      known(t, 'audit.doors', String(data['event'])),
      ...(typeof data['proven'] === 'string' ? [known(t, 'audit.proven', data['proven'])] : []),
      ...['login', 'address'].flatMap((name) => {
        const words = said(data[name], line, speech)
        return words === '' ? [] : [t(`audit.${name}`, { [name]: words })]
      }),
    ]
  return decided(line, speech)
}

function decided(line: AuditLine, speech: Speech): readonly string[] {
  const { t, language, now } = speech
  const { data } = line
  const word = typeof data['kind'] === 'string' ? data['kind'] : ''
  if (word === '') return []
  const time = (name: string): string => {
    const at = data[name]
    return typeof at === 'number' ? momentWords(at, now, language) : ''
  }
  const reasons = [data['reason'], data['reasons']].flat().filter((one) => typeof one === 'string')
  const action = data['action'] === 'block' || data['action'] === 'unblock' ? t(`order.${data['action']}`) : ''
  return [
    known(t, 'audit.decisions', word, {
      action,
      reason: reasons.map((one) => known(t, 'hold.reasons', one)).join(', '),
      until: time('until') || time('certificateExpiresAt') || time('notAfter'),
      plate: said(data['plate'] ?? data['vehicleId'], line, speech),
      model: said(data['model'], line, speech),
      name: said(data['name'], line, speech),
      gateway: said(data['gatewayId'], line, speech),
      park: said(data['parkId'], line, speech),
    }),
    ...(word === 'order-requested' && reasons.length > 0
      ? [t('audit.because', { reason: reasons.map((one) => known(t, 'hold.reasons', one)).join(', ') })]
      : []),
  ]
}

/** The word of this language; where the wire has grown faster than we, the wire's own. */
function known(t: Words, group: string, word: string, values: Readonly<Record<string, string>> = {}): string {
  const key = `${group}.${word}`
  const words = t(key, values)
  return words === key ? word : words
}

const recordOf = (value: unknown): AuditData => (isRecord(value) ? value : {})
const isRecord = (value: unknown): value is AuditData =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
