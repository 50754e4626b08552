import type { ReactNode } from 'react'
import type { DriverState } from '../api/leasing.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'

const TONE: Readonly<Record<DriverState, Tone>> = {
  active: 'good',
  candidate: 'wait',
  paused: 'wait',
  left: 'unknown',
  merged: 'unknown',
}

export function DriverStateWord({ state }: { readonly state: DriverState }): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[state]}>{t(`driver.states.${state}`)}</ToneWord>
}
