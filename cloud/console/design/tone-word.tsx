import type { ReactNode } from 'react'
import type { Tone } from './state-tone.ts'
import classes from './tone-word.module.css'

const MARK: Readonly<Record<Tone, ReactNode>> = {
  good: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  wait: <path d="M8 1.2 14.8 8 8 14.8 1.2 8z" fill="currentColor" />,
  stop: <rect x="2" y="2" width="12" height="12" rx="2.5" fill="currentColor" />,
  unknown: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="3 2" />,
}

/** A state by its word and shape; colour comes third. */
export const ToneWord = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode => (
  <span className={classes['word']} data-tone={tone}>
    <svg width="10" height="10" viewBox="0 0 16 16" aria-hidden="true">
      {MARK[tone]}
    </svg>
    <span>{children}</span>
  </span>
)
