import { Anchor, Checkbox } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { CardItem, Pipeline } from '../api/process.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { plateOr } from '../fields/field-words.ts'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { CardMarks } from './card-marks.tsx'
import { cardName } from './card-tile.tsx'
import classes from './stage-word.module.css'

/** A stage by its name; the colour that the file gives it comes second. */
export const StageWord = ({
  stage,
  title,
}: {
  readonly stage: Pipeline['stages'][number] | undefined
  readonly title: string
}): ReactNode => (
  <span className={classes['stage']} data-colour={stage?.colour ?? undefined}>
    {title}
  </span>
)

/** The same query as the board, as lines. */
export function CardList(props: {
  readonly pipeline: Pipeline
  readonly cards: readonly CardItem[]
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (ids: ReadonlySet<string>) => void
}): ReactNode {
  const { pipeline, cards, chosen, onChoose } = props
  const { t, language } = useWords()
  const now = useNow(60)
  const turn = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChoose(next)
  }
  const stageOf = (id: string) => pipeline.stages.find((stage) => stage.id === id)
  return (
    <DataTable
      label={pipeline.title}
      rows={cards}
      keyOf={({ id }) => id}
      columns={[
        {
          word: '',
          cell: (card) => (
            <Checkbox
              size="xs"
              aria-label={t('process.choose', { name: cardName(card) })}
              checked={chosen.has(card.id)}
              onChange={() => turn(card.id)}
            />
          ),
        },
        {
          word: t('process.columns.card'),
          plain: true,
          cell: (card) => (
            <>
              <Anchor component={Link} href={`/processes/cards/${card.id}`} fw={600} c="inherit" size="sm">
                {cardName(card)}
              </Anchor>
              <Small>
                {[
                  card.title === null ? '' : `№ ${card.no}`,
                  card.labels['vehicle'] === undefined || card.labels['vehicle'] === card.title
                    ? ''
                    : plateOr(card.labels['vehicle']),
                  typeof card.fields['source'] === 'string' ? card.fields['source'] : '',
                ]
                  .filter((part) => part !== '')
                  .join(' · ')}
              </Small>
            </>
          ),
        },
        {
          word: t('process.columns.stage'),
          cell: (card) => {
            const stage = stageOf(card.stage)
            return <StageWord stage={stage} title={stage?.title ?? card.stage} />
          },
        },
        {
          word: t('process.columns.since'),
          cell: (card) => (
            <>
              {sinceWords(Date.parse(card.enteredAt), now, language)}
              <Small>{spanWords(now - Date.parse(card.enteredAt), language)}</Small>
            </>
          ),
        },
        {
          word: t('process.columns.due'),
          cell: (card) => (
            <>
              {card.nextDueAt === null ? '' : sinceWords(Date.parse(card.nextDueAt), now, language)}
              <div>
                <CardMarks card={card} tasks={pipeline.tasksNeeded ? 'needed' : 'free'} />
              </div>
            </>
          ),
        },
        {
          word: t('process.columns.person'),
          cell: (card) => card.responsibleName ?? <span className="quiet">{t('process.nobodyAnswers')}</span>,
        },
        {
          word: t('process.columns.total'),
          end: true,
          cell: ({ fields }) => {
            const total = fields['total']
            return typeof total === 'number' && total !== 0 ? moneyWords(total, language) : null
          },
        },
      ]}
    />
  )
}
