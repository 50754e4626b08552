import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { TimelineItem } from '../api/timeline.ts'
import { useWords, wordOr } from '../language/language.ts'
import { usePipelines } from './process-queries.ts'

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What happened to a card of any pipeline, as a line of its car's history. */
export function CardLine({ item }: { readonly item: TimelineItem }): ReactNode {
  const { t } = useWords()
  const pipelines = usePipelines().data
  const { cardId, no, pipeline: of, stage: at, change, task } = item.data
  const pipeline = pipelines?.find(({ id }) => id === of)
  const stage = pipeline?.stages.find(({ id }) => id === at)
  return (
    <>
      <Anchor component={Link} href={`/processes/cards/${text(cardId)}`} size="sm" c="inherit" fw={600}>
        {pipeline?.title ?? t('process.columns.card')} № {String(no)}
      </Anchor>
      {': '}
      {wordOr(t, 'process.carLines', text(change), { stage: stage?.title ?? '—', task: text(task) || '—' })}
    </>
  )
}
