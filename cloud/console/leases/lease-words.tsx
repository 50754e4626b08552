import type { ReactNode } from 'react'
import type { Lease, LeaseState } from '../api/leasing.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import type { Language } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'

const TONE: Readonly<Record<LeaseState, Tone>> = {
  draft: 'wait',
  active: 'good',
  returning: 'wait',
  closed: 'unknown',
  cancelled: 'unknown',
}

export function LeaseStateWord({ state }: { readonly state: LeaseState }): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[state]}>{t(`lease.states.${state}`)}</ToneWord>
}

/** Pure. «2 500 ₽», or from the cheapest day to the dearest; a dash for who does not see rates. */
export function rateWords({ schedule }: Pick<Lease, 'schedule'>, language: Language): string {
  if (schedule === null) return '–'
  const [least, most] = [Math.min(...schedule.rates), Math.max(...schedule.rates)]
  return least === most ? moneyWords(most, language) : `${moneyWords(least, language)} – ${moneyWords(most, language)}`
}
