import { useDraggable } from '@dnd-kit/core'
import { ActionIcon, Menu } from '@mantine/core'
import { IconArrowsMove, IconGripVertical } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { CardItem, Pipeline } from '../api/process.ts'
import { plateOr } from '../fields/field-words.ts'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import classes from './board.module.css'
import { CardMarks } from './card-marks.tsx'

export const cardName = (card: Pick<CardItem, 'no' | 'title'>): string =>
  card.title === null ? `№ ${card.no}` : plateOr(card.title)

/** Stages where a card of this one may be asked to go. */
export const targetsOf = (pipeline: Pipeline, stage: string): Pipeline['stages'] => {
  if (pipeline.moves === 'auto_only') return []
  const next = pipeline.stages.find(({ id }) => id === stage)?.next ?? []
  return pipeline.stages.filter(({ id }) => id !== stage && (pipeline.moves === 'free' || next.includes(id)))
}

/** What a tile says: who, how long it has stood, what is wrong, who answers for it. */
export function TileFace({ card, pipeline }: { readonly card: CardItem; readonly pipeline: Pipeline }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const vehicle = card.labels['vehicle']
  const total = card.fields['total']
  const about = [
    vehicle === undefined || vehicle === card.title ? '' : plateOr(vehicle),
    typeof card.fields['source'] === 'string' ? card.fields['source'] : '',
    typeof total === 'number' && total !== 0 ? moneyWords(total, language) : '',
  ].filter((part) => part !== '')
  return (
    <>
      {about.length > 0 && <div className="quiet">{about.join(' · ')}</div>}
      <div className={classes['marks']}>
        <CardMarks card={card} tasks={pipeline.tasksNeeded ? 'needed' : 'free'} />
      </div>
      <div className={`${classes['foot']} quiet`}>
        <span>{card.responsibleName ?? t('process.nobodyAnswers')}</span>
        <span>{spanWords(now - Date.parse(card.enteredAt), language)}</span>
      </div>
    </>
  )
}

/** A card on the board: opened by its name, moved by the mouse, by the grip with the arrow keys, or by its menu. */
export function CardTile(props: {
  readonly card: CardItem
  readonly pipeline: Pipeline
  readonly mayMove: boolean
  readonly onMove: (card: CardItem, stage: string) => void
}): ReactNode {
  const { card, pipeline, mayMove, onMove } = props
  const { t } = useWords()
  const drag = useDraggable({ id: card.id, data: { card }, disabled: !mayMove })
  const targets = mayMove ? targetsOf(pipeline, card.stage) : []
  const { onPointerDown, onKeyDown } = drag.listeners ?? {}
  const listen = typeof onPointerDown === 'function' ? { onPointerDown: (event: unknown) => onPointerDown(event) } : {}
  const press = typeof onKeyDown === 'function' ? { onKeyDown: (event: unknown) => onKeyDown(event) } : {}
  return (
    <li
      ref={drag.setNodeRef}
      className={classes['tile']}
      data-dragging={drag.isDragging}
      data-card={card.no}
      data-movable={mayMove}
      {...listen}
    >
      <div className={classes['name']}>
        <Link href={`/processes/cards/${card.id}`}>{cardName(card)}</Link>
        {mayMove && targets.length > 0 && (
          <span className={classes['grips']}>
            <Menu position="bottom-end" withinPortal shadow="md">
              <Menu.Target>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={26}
                  aria-label={t('process.moveCard', { name: cardName(card) })}
                  onPointerDown={(event) => event.stopPropagation()}
                >
                  <IconArrowsMove size={15} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Label>{t('process.moveTo')}</Menu.Label>
                {targets.map(({ id, title }) => (
                  <Menu.Item key={id} onClick={() => onMove(card, id)}>
                    {title}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              ref={drag.setActivatorNodeRef}
              {...drag.attributes}
              {...press}
              aria-label={t('process.grip', { name: cardName(card) })}
              className={classes['grip'] ?? ''}
            >
              <IconGripVertical size={15} />
            </ActionIcon>
          </span>
        )}
      </div>
      <TileFace card={card} pipeline={pipeline} />
    </li>
  )
}
