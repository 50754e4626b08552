import { useDroppable } from '@dnd-kit/core'
import { Loader } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { linesOf } from '../api/lists.ts'
import type { Band, CardItem, Pipeline, Stage } from '../api/process.ts'
import { Failed } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import classes from './board.module.css'
import { type BoardQuery, narrowing } from './board-query.ts'
import { CardTile } from './card-tile.tsx'
import { useCards } from './process-queries.ts'

/** Cards are read and drawn this many at a time; the rest comes as the column is scrolled. */
const PAGE = 30

/** Calls when the end of a column comes into sight. */
function End({ onSeen }: { readonly onSeen: () => void }): ReactNode {
  const mark = useRef<HTMLLIElement>(null)
  const seen = useRef(onSeen)
  seen.current = onSeen
  useEffect(() => {
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) seen.current()
    })
    if (mark.current !== null) watcher.observe(mark.current)
    return () => watcher.disconnect()
  }, [])
  return (
    <li ref={mark} className={classes['end']}>
      <Loader size="xs" />
    </li>
  )
}

/** One stage: its name, how many stand there, whether that is too few or too many, and the cards. */
export function BoardColumn(props: {
  readonly pipeline: Pipeline
  readonly stage: Stage
  readonly query: BoardQuery
  readonly count: number
  readonly turn: Band | null
  /** Whether the card in hand may be put here; null while nothing is carried. */
  readonly takes: boolean | null
  readonly onMove: (card: CardItem, stage: string) => void
}): ReactNode {
  const { pipeline, stage, query, count, turn, takes, onMove } = props
  const { t } = useWords()
  const drop = useDroppable({ id: stage.id, disabled: takes === false })
  const closed = stage.type !== 'open'
  const filter = { ...narrowing(query), stage: stage.id, sort: query.sort, state: closed ? 'all' : 'open' }
  const cards = useCards(filter, PAGE)
  const found = cards.data === undefined ? [] : linesOf(cards.data)
  const mayMove = stage.work && pipeline.moves !== 'auto_only'
  const total = Math.max(count, found.length)
  return (
    <section
      ref={drop.setNodeRef}
      className={classes['column']}
      aria-label={stage.title}
      data-stage={stage.id}
      data-over={drop.isOver}
      data-closed-to={takes === false}
      data-turn={turn ?? undefined}
      data-colour={stage.colour ?? undefined}
    >
      <header className={classes['head']} title={stage.help ?? undefined}>
        <h2>{stage.title}</h2>
        <span className={classes['count']}>{total}</span>
        {turn !== null && (
          <div className={classes['turn']}>
            <ToneWord tone="wait">
              {t(turn === 'low' ? 'process.tooFew' : 'process.tooMany', {
                bound: (turn === 'low' ? stage.band?.low : stage.band?.high) ?? 0,
              })}
            </ToneWord>
          </div>
        )}
      </header>
      <ol className={classes['tiles']} tabIndex={-1}>
        {found.map((card) => (
          <CardTile key={card.id} card={card} pipeline={pipeline} mayMove={mayMove} onMove={onMove} />
        ))}
        {cards.hasNextPage && <End key={found.length} onSeen={() => void cards.fetchNextPage()} />}
        {cards.data === undefined && cards.error === null && (
          <li className={classes['end']}>
            <Loader size="xs" />
          </li>
        )}
        {cards.data === undefined && cards.error !== null && (
          <li>
            <Failed error={cards.error} retry={() => void cards.refetch()} />
          </li>
        )}
        {cards.data !== undefined && found.length === 0 && (
          <li className={classes['empty']}>{t('process.emptyStage')}</li>
        )}
      </ol>
    </section>
  )
}
