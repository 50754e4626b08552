import { MOSCOW_MS } from '../../calendar/moscow-day.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { MASK } from '../lint/check-words.ts'
import { fieldOf } from '../lint/scope.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { ScalarType } from '../notation/value.ts'

const MONTHS = [
  'января',
  'февраля',
  'марта',
  'апреля',
  'мая',
  'июня',
  'июля',
  'августа',
  'сентября',
  'октября',
  'ноября',
  'декабря',
]
const NBSP = '\u00a0'

/** Pure. `499950` → «4 999,50 ₽», whole roubles without kopecks, spaces that do not break. */
export function printMoney(kopecks: number): string {
  const sign = kopecks < 0 ? '−' : ''
  const whole = String(Math.trunc(Math.abs(kopecks) / 100)).replace(/\B(?=(\d{3})+$)/g, NBSP)
  const rest = Math.abs(kopecks) % 100
  return `${sign}${whole}${rest === 0 ? '' : `,${String(rest).padStart(2, '0')}`}${NBSP}₽`
}

export const printDate = (at: number): string => {
  const local = new Date(at + MOSCOW_MS)
  return `${local.getUTCDate()}${NBSP}${MONTHS[local.getUTCMonth()] ?? ''}`
}
/** Pure. «24 ноября, 14:05 (МСК)». */
export const printTime = (at: number): string =>
  `${printDate(at)}, ${new Date(at + MOSCOW_MS).toISOString().slice(11, 16)} (МСК)`

/** Pure. «2 дня 3 ч», «40 мин». */
export function printSpan(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)]
  if (days > 0) return hours === 0 ? `${days}${NBSP}дн` : `${days}${NBSP}дн ${hours}${NBSP}ч`
  return hours > 0
    ? `${hours}${NBSP}ч${minutes % 60 === 0 ? '' : ` ${minutes % 60}${NBSP}мин`}`
    : `${minutes}${NBSP}мин`
}

/** Pure. A value by the type of its field; «—» when there is none. */
export function printFact(fact: Fact, type: ScalarType | undefined): string {
  if (fact === undefined || fact === null || fact === '') return '—'
  if (Array.isArray(fact)) return fact.map((item: Fact) => printFact(item, type)).join(', ')
  if (typeof fact === 'boolean') return fact ? 'да' : 'нет'
  if (typeof fact !== 'number') return type === 'plate' ? String(fact).replace(/ /g, NBSP) : String(fact)
  switch (type) {
    case 'money':
      return printMoney(fact)
    case 'date':
      return printDate(fact)
    case 'time':
      return printTime(fact)
    case 'duration':
      return printSpan(fact)
    default:
      return String(fact).replace(/\B(?=(\d{3})+$)/g, NBSP)
  }
}

/** Pure. Type of what a mask names: a field, a number of the policy, or what the engine itself puts there. */
export function typeOfMask(path: string, definitions: Definitions): ScalarType | undefined {
  const [root = '', field = ''] = path.split('.')
  if (root === 'policy') return definitions.policy.get(field)?.type.of
  if (field === 'kopecks') return 'money'
  if (root === 'stage')
    return field === 'age' || field === 'limit' ? 'duration' : field === 'enteredAt' ? 'time' : 'text'
  return fieldOf(definitions, root, field)?.type.of
}

/** Pure. The text with every mask filled in. */
export const printText = (text: string, facts: Facts, definitions: Definitions): string =>
  text.replace(MASK, (_all, path: string) => {
    const [root = '', field = ''] = path.split('.')
    const holder = facts[root]
    const fact =
      typeof holder === 'object' && holder !== null && !Array.isArray(holder) && field in holder
        ? Object.entries(holder).find(([name]) => name === field)?.[1]
        : undefined
    return printFact(fact, typeOfMask(path, definitions))
  })
