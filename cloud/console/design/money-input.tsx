import { NumberInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'

/** A sum in roubles on screen, in kopecks outside; null while there is none. */
export function MoneyInput(props: {
  readonly label: string
  readonly description?: string
  readonly kopecks: number | null
  readonly onKopecks: (kopecks: number | null) => void
  readonly mayBeNegative?: boolean
  readonly autoFocus?: boolean
  readonly error?: string | undefined
}): ReactNode {
  const { label, description, kopecks, onKopecks, mayBeNegative = false, autoFocus = false, error } = props
  const { language } = useWords()
  return (
    <NumberInput
      label={label}
      {...(description === undefined ? {} : { description })}
      {...(autoFocus ? { 'data-autofocus': true } : {})}
      error={error}
      value={kopecks === null ? '' : kopecks / 100}
      onChange={(value) => onKopecks(typeof value === 'number' ? Math.round(value * 100) : null)}
      decimalScale={2}
      allowNegative={mayBeNegative}
      thousandSeparator={language === 'ru' ? '\u00a0' : ','}
      decimalSeparator={language === 'ru' ? ',' : '.'}
      allowedDecimalSeparators={[',', '.']}
      suffix="&nbsp;₽"
      hideControls
      inputMode="decimal"
    />
  )
}
