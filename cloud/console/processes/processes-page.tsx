import { Button, Text, VisuallyHidden } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { linesOf } from '../api/lists.ts'
import type { Counts, Pipeline } from '../api/process.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import classes from './board.module.css'
import { Board } from './board.tsx'
import { type BoardQuery, isNarrowed, narrowing, queryFrom, searchFrom } from './board-query.ts'
import { BoardTools } from './board-tools.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { CardList } from './card-list.tsx'
import { NewCardDialog } from './new-card-dialog.tsx'
import { useCards, useCounts, usePipelines } from './process-queries.ts'
import { useMoves } from './use-moves.tsx'

const REMEMBERED = 'kordon.pipeline'

function Focus({ pipeline, value }: { readonly pipeline: Pipeline; readonly value: Counts['focus'] }): ReactNode {
  const { t, language } = useWords()
  if (pipeline.focus === null) return null
  const shown =
    value === null
      ? t('app.unknown')
      : value.unit === 'share'
        ? `${Math.round(value.value * 100)} %`
        : value.unit === 'ms'
          ? spanWords(value.value, language)
          : String(value.value)
  return (
    <div className={classes['focus']} data-testid="focus">
      <b>{shown}</b>
      {pipeline.focus.title}
      {value !== null && value.unit !== 'count' && ` · ${t('process.last30')}`}
    </div>
  )
}

function List({ pipeline, query }: { readonly pipeline: Pipeline; readonly query: BoardQuery }): ReactNode {
  const { t } = useWords()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const filter = { ...narrowing(query), stage: query.stage, state: query.state, sort: query.sort }
  const cards = useCards(filter, 100)
  return (
    <div className={classes['list']}>
      <QueryView query={cards} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0)
            return <Text className="quiet">{t(isNarrowed(query) ? 'process.nothing' : 'process.empty')}</Text>
          const picked = found.filter(({ id }) => chosen.has(id))
          return (
            <>
              {picked.length > 0 && <BulkBar pipeline={pipeline} cards={picked} onDone={setChosen} />}
              <CardList pipeline={pipeline} cards={found} chosen={chosen} onChoose={setChosen} />
              <MoreButton of={cards} />
            </>
          )
        }}
      </QueryView>
    </div>
  )
}

function Pipelines({ pipelines }: { readonly pipelines: readonly Pipeline[] }): ReactNode {
  const { t } = useWords()
  const [, go] = useLocation()
  const [search, setSearch] = useSearchParams()
  const [adding, setAdding] = useState(false)
  const moves = useMoves()
  const asked = queryFrom(search)
  const wanted = asked.pipeline ?? localStorage.getItem(REMEMBERED)
  const pipeline = pipelines.find(({ id }) => id === wanted) ?? pipelines[0]
  const counts = useCounts({ ...narrowing(asked), pipeline: pipeline?.id })
  if (pipeline === undefined) return <Text p="lg">{t('process.noPipelines')}</Text>
  const query = { ...asked, pipeline: pipeline.id }
  const change = (part: Partial<BoardQuery>): void => {
    const isOther = part.pipeline !== undefined && part.pipeline !== pipeline.id
    if (part.pipeline !== undefined && part.pipeline !== null) localStorage.setItem(REMEMBERED, part.pipeline)
    // Stages and fields of one pipeline mean nothing in another.
    setSearch(searchFrom({ ...query, ...(isOther ? { stage: null, fields: {}, responsible: null } : {}), ...part }), {
      replace: true,
    })
  }
  const start = pipeline.stages.find(({ id }) => id === pipeline.start)
  const mayAdd = start?.work === true && pipeline.card !== 'vehicle' && pipeline.moves !== 'auto_only'
  return (
    <div className={classes['page']}>
      <VisuallyHidden component="h1">{pipeline.title}</VisuallyHidden>
      <div className={classes['top']}>
        <BoardTools key={pipeline.id} pipelines={pipelines} pipeline={pipeline} query={query} onQuery={change} />
        {mayAdd && (
          <Button className={classes['add'] ?? ''} leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('process.add')}
          </Button>
        )}
        <Focus pipeline={pipeline} value={counts.data?.focus ?? null} />
      </div>
      {pipeline.moves === 'auto_only' && query.view === 'board' && (
        <Text size="sm" className="quiet" mb="xs">
          {t('process.autoOnly')}
        </Text>
      )}
      {query.view === 'board' ? (
        <Board key={pipeline.id} pipeline={pipeline} query={query} counts={counts.data} onMove={moves.move} />
      ) : (
        <List key={pipeline.id} pipeline={pipeline} query={query} />
      )}
      {moves.dialog}
      {adding && (
        <NewCardDialog
          pipeline={pipeline}
          onMade={({ id }) => go(`/processes/cards/${id}`)}
          onClose={() => setAdding(false)}
        />
      )}
    </div>
  )
}

/** Boards and lists of the company's pipelines. */
export function ProcessesPage(): ReactNode {
  const pipelines = usePipelines()
  return (
    <QueryView whole query={pipelines} loading={<Loading lines={6} height={44} />}>
      {(known) => <Pipelines pipelines={known} />}
    </QueryView>
  )
}
