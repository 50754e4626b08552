import type { ReactNode } from 'react'
import { Link } from 'wouter'
import classes from './big-number.module.css'
import type { Tone } from './state-tone.ts'

/** A number that is looked at every morning; with `href` it opens the list behind it. */
export function BigNumber(props: {
  readonly word: string
  readonly value: string
  readonly note?: ReactNode
  readonly tone?: Tone
  readonly href?: string
}): ReactNode {
  const { word, value, note, tone, href } = props
  const inside = (
    <>
      <div className={classes['word']}>{word}</div>
      <div className={classes['value']} data-tone={tone}>
        {value}
      </div>
      {note !== undefined && <div className={classes['note']}>{note}</div>}
    </>
  )
  if (href === undefined) return <div className={classes['number']}>{inside}</div>
  return (
    <Link href={href} className={classes['number'] ?? ''}>
      {inside}
    </Link>
  )
}
