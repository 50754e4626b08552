import type { Fact } from '../expressions/fact-type.ts'
import { escaped } from '../markup.ts'
import type { RuleDecisionRow, RuleEffectRow } from '../postgres/rule-tables.ts'

export type DecisionPage = {
  readonly decision: RuleDecisionRow
  readonly effects: readonly RuleEffectRow[]
  readonly title: string
  /** Of the version that decided. */
  readonly source: string
  readonly plate: string | undefined
}

const WORDS = {
  ru: {
    heading: 'Решение правила',
    rule: 'Правило',
    version: 'версия',
    shadow: 'наблюдение: ничего не сделано',
    vehicle: 'Машина',
    at: 'Когда',
    because: 'Почему',
    if: 'условие',
    unless: 'исключение',
    notNow: 'не сейчас',
    where: 'для кого',
    satisfied: 'выполнено',
    notSatisfied: 'не выполнено',
    unknown: 'неизвестно',
    inputs: 'Что было известно',
    value: 'Значение',
    age: 'Возраст данных',
    own: 'данные Кордона',
    none: 'нет данных',
    effects: 'Что сделано',
    text: 'Текст правила',
    states: { waiting: 'ждёт', done: 'сделано', refused: 'пока невозможно', dropped: 'отменено', shadow: 'сделало бы' },
    seconds: 'с',
    minutes: 'мин',
  },
  en: {
    heading: 'Decision of a rule',
    rule: 'Rule',
    version: 'version',
    shadow: 'watching only: nothing was done',
    vehicle: 'Vehicle',
    at: 'When',
    because: 'Why',
    if: 'condition',
    unless: 'exception',
    notNow: 'not now',
    where: 'for whom',
    satisfied: 'satisfied',
    notSatisfied: 'not satisfied',
    unknown: 'unknown',
    inputs: 'What was known',
    value: 'Value',
    age: 'Age of the data',
    own: 'kept by Kordon',
    none: 'not known',
    effects: 'What was done',
    text: 'Text of the rule',
    states: {
      waiting: 'waits',
      done: 'done',
      refused: 'not possible yet',
      dropped: 'dropped',
      shadow: 'would have done',
    },
    seconds: 's',
    minutes: 'min',
  },
} as const
export type Language = keyof typeof WORDS

/** Pure. One page for a dispute, complete in itself: no script, nothing loaded from elsewhere. */
export function decisionPage({ decision, effects, title, source, plate }: DecisionPage, language: Language): string {
  const words = WORDS[language]
  const conditions = (['where', 'if', 'unless', 'notNow'] as const).flatMap((part) => {
    const outcome = decision.because[part] ?? null
    return outcome === null ? [] : [`<li>${words[part]}: ${words[outcome]}</li>`]
  })
  const inputs = decision.inputs.map(
    ({ path, value, asOf }) =>
      `<tr><td><code>${escaped(path)}</code></td><td>${escaped(textOf(path, value, language))}</td><td>${asOf === null ? words.own : ageText(decision.at - asOf, language)}</td></tr>`,
  )
  const lines = effects.map(
    ({ action, state, note, changedAt, details }) =>
      `<li>${escaped(effectText(action, details.action))}: ${words.states[state]} (${timeText(changedAt, language)})${note === '' ? '' : `; ${escaped(note)}`}</li>`,
  )
  const facts = [
    `<dt>${words.rule}</dt><dd>${escaped(title)} (${escaped(decision.ruleId)}, ${words.version} ${decision.version})</dd>`,
    plate === undefined ? '' : `<dt>${words.vehicle}</dt><dd>${escaped(plate)}</dd>`,
    `<dt>${words.at}</dt><dd>${timeText(decision.at, language)}</dd>`,
    decision.mode === 'shadow' ? `<dt></dt><dd>${words.shadow}</dd>` : '',
  ]
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${words.heading} ${escaped(decision.id)}</title>
<style>@page{margin:15mm}body{font:11pt/1.35 system-ui,sans-serif;color:#000;max-width:180mm}h1{font-size:15pt}h2{font-size:12pt;margin:4mm 0 1mm}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 4mm}dt{font-weight:600}dd{margin:0}table{border-collapse:collapse;width:100%}
td,th{border:1px solid #888;padding:1mm 2mm;text-align:left}pre{font-size:8.5pt;white-space:pre-wrap;border:1px solid #888;padding:2mm}footer{font-size:8.5pt}</style></head>
<body><h1>${words.heading}</h1><dl>${facts.join('')}</dl>
<h2>${words.because}</h2><ul>${conditions.join('')}</ul>
<h2>${words.inputs}</h2><table><tr><th></th><th>${words.value}</th><th>${words.age}</th></tr>${inputs.join('')}</table>
<h2>${words.effects}</h2><ul>${lines.join('')}</ul>
<h2>${words.text}</h2><pre>${escaped(source)}</pre>
<footer>${escaped(decision.id)}</footer></body></html>
`
}

function timeText(at: number, language: Language): string {
  const locale = language === 'ru' ? 'ru-RU' : 'en-GB'
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium', timeZone: 'Europe/Moscow' })
  return `${format.format(at)} (${language === 'ru' ? 'МСК' : 'Moscow'})`
}

function ageText(ms: number, language: Language): string {
  const words = WORDS[language]
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} ${words.seconds}` : `${Math.round(seconds / 60)} ${words.minutes}`
}

const MONEY = /kopecks$|Balance$|promiseMax$|checkPartsOver$/
const TIME = /(At|On|Until|asOf|since|now|today)$/

/** Money, times and lengths as people read them; the path tells which it is. */
function textOf(path: string, value: Fact, language: Language): string {
  if (value === null || value === undefined) return WORDS[language].none
  if (typeof value === 'number' && MONEY.test(path))
    return new Intl.NumberFormat(language === 'ru' ? 'ru-RU' : 'en-GB', { style: 'currency', currency: 'RUB' }).format(
      value / 100,
    )
  if (typeof value === 'number' && TIME.test(path) && value > 1e11) return timeText(value, language)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `hold place balance`, `send balance_blocked`, `task call_debtor`. */
function effectText(kind: string, action: RuleEffectRow['details']['action']): string {
  switch (action.kind) {
    case 'hold':
      return action.place === undefined ? `hold lift ${action.lift}` : `hold place ${action.place}`
    case 'send':
      return `send ${action.message.name}`
    case 'task':
      return `task ${action.use.name}`
    case 'emit':
      return `emit ${action.event.name}`
    default:
      return kind
  }
}
