import type { ReactNode } from 'react'
import type { ImmobilizerState } from '../api/vehicle.ts'
import { StateMark } from '../design/state-mark.tsx'
import { TONE } from '../design/state-tone.ts'
import { useWords } from '../language/language.ts'
import classes from './state-badge.module.css'

/** The state the car itself reported: shape, word, tone. Never a wish. */
export function StateBadge({
  state,
  large = false,
}: {
  readonly state: ImmobilizerState
  readonly large?: boolean
}): ReactNode {
  const { t } = useWords()
  const tone = TONE[state]
  return (
    <span
      className={large ? `${classes['badge']} ${classes['large']}` : classes['badge']}
      style={{ color: `var(--tone-${tone})`, background: `var(--tone-${tone}-soft)` }}
      data-testid="immobilizer-state"
      data-state={state}
    >
      <StateMark state={state} size={large ? 18 : 14} />
      {t(`immobilizer.${state}`)}
    </span>
  )
}
