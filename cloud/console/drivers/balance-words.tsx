import type { ReactNode } from 'react'
import type { Driver } from '../api/leasing.ts'
import { Small } from '../design/data-table.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { ageWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'

/** A balance with its age: an old one is never told as if it were of now. */
export function BalanceWords({
  balance,
}: {
  readonly balance: Pick<NonNullable<Driver['balance']>, 'kopecks' | 'asOf'> | null
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(30)
  if (balance === null) return <span className="quiet">{t('driver.noBalance')}</span>
  const sum = moneyWords(balance.kopecks, language)
  return (
    <>
      {balance.kopecks < 0 ? <ToneWord tone="stop">{sum}</ToneWord> : <span>{sum}</span>}
      <Small>{t('driver.asOf', { age: ageWords(now - Date.parse(balance.asOf), language) })}</Small>
    </>
  )
}
