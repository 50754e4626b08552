import type { ReactNode } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { StateMark } from '../design/state-mark.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import classes from './state-badge.module.css'
import { stateTone, stateWords } from './vehicle-words.ts'

type Props = { readonly vehicle: Vehicle; readonly form: 'plain' | 'badge' | 'large' }

/** The state the car itself reported: shape, word, tone; grey and with its age once it is old. Never a wish. */
export function StateBadge({ vehicle, form }: Props): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const tone = stateTone(vehicle, now)
  const { state } = vehicle.immobilizer
  return (
    <span
      className={`${classes['state']} ${form === 'plain' ? '' : classes['badge']} ${form === 'large' ? classes['large'] : ''}`}
      data-tone={tone}
      data-state={state}
      data-testid={form === 'large' ? 'immobilizer-state' : undefined}
    >
      <StateMark state={state} tone={tone} size={form === 'large' ? 18 : 13} />
      {stateWords(vehicle, { t, language, now })}
    </span>
  )
}
