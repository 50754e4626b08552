import type { ReactNode } from 'react'
import type { InspectionState, VehicleInspection } from '../api/upkeep.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { type Language, spanWords } from '../language/age.ts'
import { useWords, type Words } from '../language/language.ts'
import { kmWords } from '../language/quantity.ts'

const TONE: Readonly<Record<InspectionState, Tone>> = {
  critical: 'stop',
  overdue: 'stop',
  due: 'wait',
  soon: 'wait',
  ok: 'good',
  unknown: 'unknown',
}
const DAY_MS = 86_400_000

/** Pure. «14 дней», «1 день»: days are said as days, also one. */
export function dayCount(days: number, language: Language): string {
  if (Math.abs(days) >= 2) return spanWords(Math.abs(days) * DAY_MS, language)
  return language === 'ru' ? `${Math.abs(days)}\u00a0${days === 0 ? 'дней' : 'день'}` : `${Math.abs(days)}\u00a0day`
}

export function InspectionStateWord({ state }: { readonly state: InspectionState }): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[state]}>{t(`inspection.states.${state}`)}</ToneWord>
}

type Left = Pick<VehicleInspection, 'kmLeft' | 'daysLeft'>

/** Pure. How far it still is, by kilometres and by days; empty where neither is known. */
export function leftWords({ kmLeft, daysLeft }: Left, t: Words, language: Language): readonly string[] {
  const km =
    kmLeft === null
      ? []
      : [t(kmLeft < 0 ? 'inspection.kmPast' : 'inspection.kmLeft', { km: kmWords(Math.abs(kmLeft), language) })]
  if (daysLeft === null) return km
  if (daysLeft === 0) return [...km, t('inspection.today')]
  const span = dayCount(daysLeft, language)
  return [...km, t(daysLeft < 0 ? 'inspection.daysPast' : 'inspection.daysLeft', { span })]
}

/** Pure. «отложен 2 раза». */
export const postponedWords = (count: number, t: Words): string =>
  count === 0 ? t('inspection.never') : t('inspection.postponed', { count })
