import type { ReactNode } from 'react'
import type { ImmobilizerState } from '../api/vehicle.ts'
import { SHAPE, type Shape, type Tone, toneOf } from './state-tone.ts'

const BODY: Readonly<Record<Shape, ReactNode>> = {
  round: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  diamond: <path d="M8 1.2 14.8 8 8 14.8 1.2 8z" fill="currentColor" />,
  square: <rect x="2" y="2" width="12" height="12" rx="2.5" fill="currentColor" />,
  ring: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="3 2" />,
}

type Props = { readonly state: ImmobilizerState; readonly tone?: Tone; readonly size?: number }

/** The shape of a state in its tone; always stands beside the word, so it is hidden from readers of the page. */
export function StateMark({ state, tone, size = 14 }: Props): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      style={{ color: `var(--tone-${tone ?? toneOf(state, 'fresh')})`, flex: 'none' }}
    >
      {BODY[SHAPE[state]]}
      {state === 'blocked' && <rect x="4.5" y="6.9" width="7" height="2.2" rx="1" fill="var(--panel)" />}
    </svg>
  )
}
