import type { ReactNode } from 'react'
import type { RunItem } from '../api/process.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'

/** Since when a process goes on, or stands still. */
export function RunState({ run }: { readonly run: Pick<RunItem, 'startedAt' | 'pausedAt'> }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const since = Date.parse(run.pausedAt ?? run.startedAt)
  return (
    <ToneWord tone={run.pausedAt === null ? 'good' : 'wait'}>
      {t(run.pausedAt === null ? 'running.isGoing' : 'running.isPaused', { span: spanWords(now - since, language) })}
    </ToneWord>
  )
}
