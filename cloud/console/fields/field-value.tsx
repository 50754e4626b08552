import type { ReactNode } from 'react'
import type { FieldView } from '../api/process.ts'
import { Facts } from '../design/facts.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { valueWords } from './field-words.ts'

/** What is known, side by side; what is not filled is left out. */
export function FieldFacts({ fields }: { readonly fields: readonly FieldView[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const facts = fields.flatMap((field) => {
    const words = valueWords(field, field.value, field.label, { t, language, now })
    return words === '' ? [] : [{ word: field.title, value: words }]
  })
  return facts.length === 0 ? null : <Facts facts={facts} />
}
