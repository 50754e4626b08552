import type { ReactNode } from 'react'
import classes from './facts.module.css'

export type Fact = { readonly word: string; readonly value: ReactNode; readonly note?: ReactNode }

/** Words and values side by side, as many in a row as fit. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }): ReactNode => (
  <dl className={classes['facts']}>
    {facts.map(({ word, value, note }) => (
      <div key={word}>
        <dt>{word}</dt>
        <dd>{value}</dd>
        {note !== undefined && note !== '' && <dd className={classes['note']}>{note}</dd>}
      </div>
    ))}
  </dl>
)
