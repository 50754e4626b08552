import {
  type Active,
  type Announcements,
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core'
import { type ReactNode, useState } from 'react'
import type { CardItem, Counts, Pipeline } from '../api/process.ts'
import { useWords } from '../language/language.ts'
import classes from './board.module.css'
import { BoardColumn } from './board-column.tsx'
import type { BoardQuery } from './board-query.ts'
import { cardName, TileFace, targetsOf } from './card-tile.tsx'

/** The card that `useDraggable` was given. */
const carried = (data: Active['data']): CardItem | null => data.current?.['card'] ?? null

/** An arrow carries the card to the next column that takes it, whatever the columns are wide. */
const columnByColumn: KeyboardCoordinateGetter = (event, { context, currentCoordinates }) => {
  const step = event.code === 'ArrowRight' ? 1 : event.code === 'ArrowLeft' ? -1 : 0
  if (step === 0) return undefined
  event.preventDefault()
  const columns = context.droppableContainers
    .getEnabled()
    .flatMap(({ id }) => {
      const rect = context.droppableRects.get(id)
      return rect === undefined ? [] : [{ id, rect }]
    })
    .sort((a, b) => a.rect.left - b.rect.left)
  const here = context.collisionRect?.left ?? currentCoordinates.x
  const target =
    step === 1
      ? columns.find(({ rect }) => rect.left > here + 24)
      : columns.findLast(({ rect }) => rect.left < here - 24)
  return target === undefined ? undefined : { x: target.rect.left + 8, y: currentCoordinates.y }
}

function useAnnouncements(pipeline: Pipeline): Announcements {
  const { t } = useWords()
  const name = (data: Active['data']): string => {
    const card = carried(data)
    return card === null ? '' : cardName(card)
  }
  const title = (stage: unknown): string => pipeline.stages.find(({ id }) => id === stage)?.title ?? ''
  return {
    onDragStart: ({ active }) => t('process.lifted', { name: name(active.data) }),
    onDragOver: ({ over }) => (over === null ? undefined : t('process.above', { stage: title(over.id) })),
    onDragEnd: ({ active, over }) =>
      over === null
        ? t('process.putBack', { name: name(active.data) })
        : t('process.dropped', { name: name(active.data), stage: title(over.id) }),
    onDragCancel: ({ active }) => t('process.putBack', { name: name(active.data) }),
  }
}

/** Stages as columns. A card is put elsewhere by hand; nothing stands elsewhere before the server has agreed. */
export function Board(props: {
  readonly pipeline: Pipeline
  readonly query: BoardQuery
  readonly counts: Counts | undefined
  readonly onMove: (card: CardItem, stage: string) => void
}): ReactNode {
  const { pipeline, query, counts, onMove } = props
  const { t } = useWords()
  const [held, setHeld] = useState<CardItem | null>(null)
  const announcements = useAnnouncements(pipeline)
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: columnByColumn }),
  )
  const end = ({ over }: DragEndEvent): void => {
    setHeld(null)
    if (over !== null && held !== null && over.id !== held.stage) onMove(held, String(over.id))
  }
  const takers = held === null ? null : new Set([held.stage, ...targetsOf(pipeline, held.stage).map(({ id }) => id)])
  const shown = query.stage === null ? pipeline.stages : pipeline.stages.filter(({ id }) => id === query.stage)
  return (
    <DndContext
      sensors={sensors}
      onDragStart={({ active }) => setHeld(carried(active.data))}
      onDragEnd={end}
      onDragCancel={() => setHeld(null)}
      accessibility={{ announcements, screenReaderInstructions: { draggable: t('process.howToMove') } }}
    >
      <div className={classes['board']} data-testid="board">
        {shown.map((stage) => {
          const counted = counts?.stages.find((row) => row.stage === stage.id)
          return (
            <BoardColumn
              key={stage.id}
              pipeline={pipeline}
              stage={stage}
              query={query}
              count={counted?.count ?? 0}
              turn={counted === undefined && counts !== undefined ? turnOfNone(stage) : (counted?.turn ?? null)}
              takes={takers === null ? null : takers.has(stage.id)}
              onMove={onMove}
            />
          )
        })}
      </div>
      <DragOverlay dropAnimation={null}>
        {held !== null && (
          <div className={`${classes['tile']} ${classes['held']}`}>
            <div className={classes['name']}>
              <span>{cardName(held)}</span>
            </div>
            <TileFace card={held} pipeline={pipeline} />
          </div>
        )}
      </DragOverlay>
    </DndContext>
  )
}

/** Pure. A stage where nobody stands is too few, where a lower bound is given. */
const turnOfNone = ({ band }: Pipeline['stages'][number]): 'low' | null =>
  band !== null && band.low !== null && band.low > 0 ? 'low' : null
