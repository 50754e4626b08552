import type { ReactNode } from 'react'
import type { Rule } from '../api/rulebook.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'

const TONE: Readonly<Record<Rule['state'], Tone>> = {
  acting: 'good',
  shadow: 'wait',
  paused: 'unknown',
  broken: 'stop',
  off: 'unknown',
}

export function RuleStateWord({ state }: { readonly state: Rule['state'] }): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[state]}>{t(`rule.states.${state}`)}</ToneWord>
}
