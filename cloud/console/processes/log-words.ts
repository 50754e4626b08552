import type { FieldValue, LogLine, Pipeline } from '../api/process.ts'
import { valueWords } from '../fields/field-words.ts'
import { type Language, spanWords } from '../language/age.ts'
import { type Words, wordOr } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'

type Speech = { readonly t: Words; readonly language: Language; readonly now: number }

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
const plainOf = (value: unknown): FieldValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : Array.isArray(value)
      ? value.map(String)
      : null

const stageName = (pipeline: Pipeline | undefined, id: string): string =>
  pipeline?.stages.find((stage) => stage.id === id)?.title ?? id

function setWords(change: LogLine['change'], pipeline: Pipeline | undefined, speech: Speech): string {
  const path = text(change['path'])
  const field = path.split('.').at(-1) ?? path
  const kind = pipeline?.fields.find((one) => one.field === field && path.startsWith(`${pipeline.card}.`))
  // What the caller may not see has no kind here, and its value stays unsaid.
  if (kind === undefined) return speech.t('process.lines.setHidden', { field })
  const value = valueWords(kind, plainOf(change['to']), null, speech)
  return value === ''
    ? speech.t('process.lines.cleared', { field: kind.title })
    : speech.t('process.lines.set', { field: kind.title, value })
}

/** Pure. What one line of a card's log says. */
export function logTitle(line: LogLine, pipeline: Pipeline | undefined, speech: Speech): string {
  const { t, language, now } = speech
  const { change } = line
  switch (line.kind) {
    case 'born':
      return t('process.lines.born', { stage: stageName(pipeline, text(change['stage'])) })
    case 'moved':
      return t('process.lines.moved', {
        from: stageName(pipeline, text(change['from'])),
        to: stageName(pipeline, text(change['to'])),
        span: spanWords(Number(change['stood']) || 0, language),
      })
    case 'set':
      return setWords(change, pipeline, speech)
    case 'done':
      return t(change['late'] === true ? 'process.lines.doneLate' : 'process.lines.done', {
        task: text(change['title']) || text(change['template']),
        outcome: text(change['outcomeTitle']) || text(change['outcome']),
      })
    case 'overran':
      return t('process.lines.overran', { stage: stageName(pipeline, text(change['stage'])) })
    case 'refused':
    case 'failed':
    case 'parked':
      return t('process.lines.refused', { why: valueWords({ type: 'text' }, plainOf(change['why']), null, speech) })
    case 'numbered':
      return t('process.lines.numbered', { number: text(change['number']) })
    case 'paid':
      return t('process.lines.paid', { sum: moneyWords(Number(change['amount']) || 0, language) })
    case 'booked':
      return t('process.lines.booked', { at: momentWords(Number(change['from']) || 0, now, language) })
    case 'comment':
      return text(change['text'])
    default:
      return wordOr(t, 'process.lines', line.kind, { kind: line.kind })
  }
}

/** Pure. The small print: who, and what he added. */
export function logNote(line: LogLine, t: Words): string {
  const by =
    line.actorKind === 'person'
      ? (line.actorName ?? '')
      : line.actorKind === 'rule'
        ? t('process.byRule', { rule: line.actor })
        : (line.actorName ?? t('process.byItself'))
  return [by, text(line.change['comment']), line.reason ?? ''].filter((part) => part !== '').join(' · ')
}
