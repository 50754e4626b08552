import type { TimelineItem } from '../api/timeline.ts'
import type { Language } from '../language/age.ts'
import type { Words } from '../language/language.ts'
import { changeWords } from '../language/money.ts'

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const said = (t: Words, key: string, otherwise: string): string => {
  const words = t(key)
  return words === key ? otherwise : words
}

function holdTitle(facts: Readonly<Record<string, unknown>>, t: Words): string {
  const reason = said(t, `hold.reasons.${text(facts['reason'])}`, text(facts['reason']))
  return t(text(facts['change']) === 'lifted' ? 'timeline.holdLifted' : 'timeline.holdPlaced', { reason })
}

/** What one line of the history says. */
export function timelineTitle(item: TimelineItem, t: Words, language: Language = 'ru'): string {
  const facts = item.data
  switch (item.kind) {
    case 'hold':
      return holdTitle(facts, t)
    case 'order':
      return t('timeline.order', {
        action: said(t, `order.${text(facts['action'])}`, text(facts['action'])),
        state: said(t, `order.states.${text(facts['state'])}`, text(facts['state'])),
      })
    case 'crossing': {
      return t(facts['side'] === 'inside' ? 'timeline.crossingIn' : 'timeline.crossingOut', {
        zone: said(t, `zoneNames.${text(facts['zone'])}`, text(facts['zone'])),
      })
    }
    case 'grace':
      return t(facts['change'] === 'ended' ? 'timeline.graceEnded' : 'timeline.graceGiven')
    case 'unlock-code':
      return t('timeline.unlockCode', { number: text(facts['counter']) })
    case 'status':
      return t(facts['online'] === true ? 'timeline.online' : 'timeline.offline')
    case 'event':
      return said(t, `eventNames.${text(facts['name'])}`, t('timeline.event', { name: text(facts['name']) }))
    default:
      return leasingTitle(item, t, language)
  }
}

/** Lease, money and upkeep of the car. */
function leasingTitle({ kind, title, data: facts }: TimelineItem, t: Words, language: Language): string {
  switch (kind) {
    case 'lease':
      return t('timeline.lease', {
        number: text(facts['number']),
        state: said(t, `lease.states.${text(facts['state'])}`, text(facts['state'])),
      })
    case 'shift':
      return t(facts['change'] === 'closed' ? 'timeline.shiftClosed' : 'timeline.shiftOpened')
    case 'ledger': {
      const sum = Number(facts['kopecks'])
      const what = said(t, `money.kinds.${text(facts['kind'])}`, text(facts['kind']))
      return Number.isFinite(sum) && sum !== 0 ? `${what}: ${changeWords(sum, language)}` : what
    }
    case 'inspection':
      return t('timeline.inspection', { state: said(t, `inspection.visitStates.${title}`, title) })
    case 'paper':
      return t('timeline.paper', {
        paper: said(t, `paper.kinds.${text(facts['paper'])}`, text(facts['paper'])),
        until: text(facts['validUntil']).split('-').toReversed().join('.'),
      })
    case 'message':
      return t('timeline.message', { text: text(facts['text']) })
    default:
      return t('timeline.other', { kind })
  }
}

/** `user:olga` and `rule:zone-exit`, as an order names who asked. */
function askedBy(by: string, t: Words): string {
  const [, kind, name] = /^(user|rule):(.*)$/.exec(by) ?? []
  if (name === undefined) return by
  return kind === 'rule' ? t('hold.rule', { name: said(t, `ruleNames.${name}`, name) }) : name
}

/** The small print of a line: who and why. */
export function timelineNote(item: TimelineItem, t: Words): string {
  const facts = item.data
  const actor = record(facts['by'])
  const by = text(actor['name']) || askedBy(text(facts['by']), t)
  const why =
    item.kind === 'order' && text(facts['reason']) !== ''
      ? said(
          t,
          `${facts['state'] === 'waiting' ? 'waitShort' : 'refuse'}.${text(facts['reason'])}`,
          text(facts['reason']),
        )
      : ''
  const postponed =
    item.kind === 'inspection' && text(facts['reason']) !== ''
      ? said(t, `inspection.reasons.${text(facts['reason'])}`, text(facts['reason']))
      : ''
  const outcome = facts['name'] === 'start-attempt' ? text(record(facts['data'])['outcome']) : ''
  const started = outcome === '' ? '' : said(t, `order.outcomes.${outcome}`, outcome)
  return [by, postponed, text(facts['note']), why, started].filter((part) => part !== '').join(' · ')
}
