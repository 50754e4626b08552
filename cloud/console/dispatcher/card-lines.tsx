import { Anchor, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { CardItem } from '../api/process.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { usePipelines } from '../processes/process-queries.ts'
import { textOf } from './queries.ts'

/** Cards in a few words: pipeline and stage, what it is about, who has it. */
export function CardLines({ cards }: { readonly cards: readonly CardItem[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const pipelines = usePipelines()
  return (
    <Stack gap={8}>
      {cards.map((card) => {
        const pipeline = pipelines.data?.find(({ id }) => id === card.pipeline)
        const stage = pipeline?.stages.find(({ id }) => id === card.stage)
        return (
          <div key={card.id}>
            <Anchor component={Link} href={`/processes/cards/${card.id}`} size="sm">
              № {card.no}, {pipeline?.title ?? card.pipeline}
            </Anchor>
            <Text size="sm">
              {stage?.title ?? card.stage}
              {textOf(card.fields, 'need') === '' ? '' : `: ${textOf(card.fields, 'need')}`}
            </Text>
            <Text size="xs" className="quiet">
              {t(card.closedAt === null ? 'dispatcher.since' : 'dispatcher.closed', {
                at: sinceWords(Date.parse(card.closedAt ?? card.enteredAt), now, language),
              })}
            </Text>
          </div>
        )
      })}
    </Stack>
  )
}
