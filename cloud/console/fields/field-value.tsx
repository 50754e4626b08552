import type { ReactNode } from 'react'
import type { FactValue, FieldView } from '../api/work.ts'
import { type Fact, Facts } from '../design/facts.tsx'
import type { Language } from '../language/age.ts'
import { useWords, type Words } from '../language/language.ts'
import { dayWords, momentWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { plateWords } from '../vehicles/plate.ts'
import { lengthWords } from './length.ts'

type How = { readonly t: Words; readonly language: Language; readonly now: number }

/** Pure. A value of a card by the type of its field; words that are stored as codes are said in words. */
export function valueWords(value: FactValue, type: string, { t, language, now }: How): string {
  if (value === null || value === '') return '—'
  if (typeof value === 'object') {
    if (type === 'file') return t('fields.files', { count: value.length })
    return value.length === 0 ? '—' : value.map((one) => valueWords(one, type, { t, language, now })).join(', ')
  }
  if (typeof value === 'boolean') return t(value ? 'fields.yes' : 'fields.no')
  if (typeof value === 'number') {
    if (type === 'money') return moneyWords(value, language)
    if (type === 'date') return dayWords(value, now, language)
    if (type === 'time') return momentWords(value, now, language)
    return type === 'duration'
      ? lengthWords(value, language)
      : value.toLocaleString(language === 'ru' ? 'ru-RU' : 'en-GB')
  }
  if (type === 'plate') return plateWords(value)
  if (type === 'file') return t('fields.files', { count: 1 })
  const code = t(`fields.codes.${value}`)
  return code === `fields.codes.${value}` ? value : code
}

/** What is known, side by side; what is not filled is left out. */
export function FieldFacts({ fields }: { readonly fields: readonly FieldView[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const facts: readonly Fact[] = fields
    .filter(({ value }) => value !== null && value !== '')
    .map(({ title, type, value, label }) => ({
      word: title,
      value: label ?? valueWords(value, type, { t, language, now }),
    }))
  return facts.length === 0 ? null : <Facts facts={facts} />
}
