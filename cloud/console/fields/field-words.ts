import type { FieldKind, FieldValue } from '../api/process.ts'
import { phoneWords } from '../drivers/phone-words.ts'
import type { Language } from '../language/age.ts'
import { type Words, wordOr } from '../language/language.ts'
import { dayWords, momentWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { plateWords } from '../vehicles/plate.ts'
import { lengthWords } from './length.ts'

type Speech = { readonly t: Words; readonly language: Language; readonly now: number }
type Kind = Pick<FieldKind, 'type' | 'codes'>

/** Pure. A value by the type of its field; empty when there is none. `label`: what a reference is called. */
export function valueWords(kind: Kind, value: FieldValue | undefined, label: string | null, speech: Speech): string {
  const { t, language, now } = speech
  if (value === null || value === undefined || value === '') return ''
  if (label !== null) return kind.type === 'ref' ? plateOr(label) : label
  if (typeof value === 'object' && kind.type === 'file') return t('fields.files', { count: value.length })
  if (typeof value === 'object') return value.map((item) => valueWords(kind, item, null, speech)).join(', ')
  const code = kind.codes?.find((one) => one.value === value)
  if (code !== undefined) return `${code.value} · ${code.title}`
  if (typeof value === 'boolean') return t(value ? 'fields.yes' : 'fields.no')
  switch (kind.type) {
    case 'money':
      return typeof value === 'number' ? moneyWords(value, language) : value
    case 'date':
      return typeof value === 'number' ? dayWords(value, now, language) : value
    case 'time':
      return typeof value === 'number' ? momentWords(value, now, language) : value
    case 'duration':
      return typeof value === 'number' ? lengthWords(value, language) : value
    case 'phone':
      return phoneWords(String(value))
    case 'plate':
      return plateWords(String(value))
    case 'file':
      return t('fields.files', { count: 1 })
    case 'ref':
      // Whoever may not see the name sees that there is one.
      return t('fields.linked')
    case 'int':
    case 'number':
      // Four digits stand together: most of them are years.
      return Number(value).toLocaleString(language === 'ru' ? 'ru-RU' : 'en-GB', { useGrouping: 'min2' })
    default:
      return codeWords(String(value), t)
  }
}

/** Pure. Words that are stored as codes are said in words. */
function codeWords(value: string, t: Words): string {
  if (!/^[a-z][a-z_]*$/.test(value)) return value
  const code = t(`fields.codes.${value}`)
  return code === `fields.codes.${value}` ? value : code
}
/** Pure. A plate is written as plates are; every other name stays as it is. */
export const plateOr = (name: string): string =>
  /^[А-ЯA-Z]\d{3}[А-ЯA-Z]{2}\d{2,3}$/.test(name) ? plateWords(name) : name

/** Pure. What an extra answer of an outcome is called. */
export const askWords = (name: string, t: Words): string => wordOr(t, 'fields.asks', name, { name })

const MOSCOW = '+03:00'
const MOSCOW_MS = 3 * 3_600_000
/** Pure. `YYYY-MM-DD` of Moscow, as an input of the browser wants it. */
export const dayText = (at: number): string => new Date(at + MOSCOW_MS).toISOString().slice(0, 10)
/** Pure. `YYYY-MM-DDTHH:MM` of Moscow. */
export const minuteText = (at: number): string => new Date(at + MOSCOW_MS).toISOString().slice(0, 16)
/** Pure. The moment of such a text; null while it is not whole. */
export function momentOf(text: string): number | null {
  const at = Date.parse(text.includes('T') ? `${text}:00${MOSCOW}` : `${text}T00:00:00${MOSCOW}`)
  return Number.isNaN(at) ? null : at
}

/** Pure. Whether anything is filled in. */
export const isFilled = (value: FieldValue | undefined): boolean =>
  value !== null && value !== undefined && value !== '' && !(typeof value === 'object' && value.length === 0)
