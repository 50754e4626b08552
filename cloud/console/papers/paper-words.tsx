import type { ReactNode } from 'react'
import type { PaperStanding, PaperState } from '../api/upkeep.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { dayCount } from '../inspections/inspection-words.tsx'
import type { Language } from '../language/age.ts'
import { useWords, type Words } from '../language/language.ts'

const TONE: Readonly<Record<PaperState, Tone>> = { valid: 'good', ending: 'wait', ended: 'stop', missing: 'stop' }

export function PaperStateWord({ state }: { readonly state: PaperState }): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[state]}>{t(`paper.states.${state}`)}</ToneWord>
}

/** Pure. How long it is still valid; empty where there is no paper. */
export function paperLeftWords({ daysLeft }: Pick<PaperStanding, 'daysLeft'>, t: Words, language: Language): string {
  if (daysLeft === null) return ''
  if (daysLeft === 0) return t('paper.lastDay')
  return t(daysLeft < 0 ? 'paper.past' : 'paper.left', { span: dayCount(daysLeft, language) })
}
