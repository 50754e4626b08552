import type { ReactNode } from 'react'
import classes from './note.module.css'
import type { Tone } from './state-tone.ts'

/** A remark in a tone, with its sign; `accent` is for what is on its way and neither good nor bad. */
export function Note(props: {
  readonly tone: Tone | 'accent'
  readonly icon: ReactNode
  readonly testId?: string
  readonly children: ReactNode
}): ReactNode {
  const { tone, icon, testId, children } = props
  return (
    <div className={classes['note']} data-tone={tone} data-testid={testId}>
      <span className={classes['icon']} aria-hidden="true">
        {icon}
      </span>
      <div>{children}</div>
    </div>
  )
}
