import { Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { pathWith } from '../api/lists.ts'
import type { Pipeline } from '../api/process.ts'
import { DownloadMenu } from '../design/download-menu.tsx'
import { useWords } from '../language/language.ts'
import classes from './board.module.css'
import { type BoardQuery, narrowing, SORTS } from './board-query.ts'
import { useFacets } from './process-queries.ts'
import { SavedViews } from './saved-views.tsx'

type Props = {
  readonly pipelines: readonly Pipeline[]
  readonly pipeline: Pipeline
  readonly query: BoardQuery
  readonly onQuery: (change: Partial<BoardQuery>) => void
}

/** Pipelines under the folders that their files name. */
function usePipelineChoices(pipelines: readonly Pipeline[]) {
  const { t } = useWords()
  const folders = Map.groupBy(pipelines, (one) => one.folder ?? t('process.otherFolder'))
  return [...folders].map(([group, items]) => ({
    group,
    items: items.map(({ id, title }) => ({ value: id, label: title })),
  }))
}

function Facets({ pipeline, query, onQuery }: Omit<Props, 'pipelines'>): ReactNode {
  const { t } = useWords()
  const facets = useFacets(pipeline.id).data
  if (facets === undefined) return null
  return (
    <>
      <NativeSelect
        label={t('process.person')}
        data={[
          { value: '', label: t('process.anyPerson') },
          ...facets.people.map(({ value, label, count }) => ({ value, label: `${label} (${count})` })),
        ]}
        value={query.responsible ?? ''}
        onChange={(event) => onQuery({ responsible: event.currentTarget.value || null })}
      />
      {facets.fields.slice(0, 4).map(({ field, title, values }) => (
        <NativeSelect
          key={field}
          label={title}
          data={[
            { value: '', label: t('process.anyValue') },
            ...values.map(({ value, count }) => ({ value, label: `${value} (${count})` })),
          ]}
          value={query.fields[field] ?? ''}
          onChange={(event) => {
            const { [field]: _old, ...others } = query.fields
            const value = event.currentTarget.value
            onQuery({ fields: value === '' ? others : { ...others, [field]: value } })
          }}
        />
      ))}
    </>
  )
}

/** Which pipeline, as what, and what narrows it: all of it stands in the address. */
export function BoardTools({ pipelines, pipeline, query, onQuery }: Props): ReactNode {
  const { t } = useWords()
  const choices = usePipelineChoices(pipelines)
  const [typed, setTyped] = useState(query.q)
  const [isOpen, setOpen] = useState(false)
  const sent = useRef(query.q)
  const search = useDebouncedCallback((q: string) => {
    sent.current = q
    onQuery({ q })
  }, 250)
  useEffect(() => {
    // A saved view, or the way back, asks for other words than were typed here.
    if (query.q === sent.current) return
    sent.current = query.q
    setTyped(query.q)
  }, [query.q])
  return (
    <>
      <NativeSelect
        label={t('process.pipeline')}
        data={choices}
        value={pipeline.id}
        onChange={(event) => onQuery({ pipeline: event.currentTarget.value })}
      />
      <SegmentedControl
        aria-label={t('process.view')}
        data={[
          { value: 'board', label: t('process.asBoard') },
          { value: 'list', label: t('process.asList') },
        ]}
        value={query.view}
        onChange={(view) => onQuery({ view: view === 'list' ? 'list' : 'board' })}
      />
      <TextInput
        className={classes['search'] ?? ''}
        label={t('process.search')}
        type="search"
        leftSection={<IconSearch size={16} />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          search(event.currentTarget.value)
        }}
      />
      <Button
        variant="default"
        className={classes['narrow'] ?? ''}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {t('process.narrow')}
      </Button>
      <SavedViews pipeline={pipeline.id} query={query} />
      <div className={classes['filters']} data-open={isOpen}>
        <Facets pipeline={pipeline} query={query} onQuery={onQuery} />
        {query.view === 'list' && (
          <>
            <NativeSelect
              label={t('process.columns.stage')}
              data={[
                { value: '', label: t('process.anyStage') },
                ...pipeline.stages.map(({ id, title }) => ({ value: id, label: title })),
              ]}
              value={query.stage ?? ''}
              onChange={(event) => onQuery({ stage: event.currentTarget.value || null })}
            />
            <NativeSelect
              label={t('process.state')}
              data={(['open', 'closed', 'all'] as const).map((state) => ({
                value: state,
                label: t(`process.states.${state}`),
              }))}
              value={query.state}
              onChange={(event) => {
                const state = event.currentTarget.value
                onQuery({ state: state === 'closed' || state === 'all' ? state : 'open' })
              }}
            />
          </>
        )}
        <NativeSelect
          label={t('process.sort')}
          data={SORTS.map((sort) => ({ value: sort, label: t(`process.sorts.${sort}`) }))}
          value={query.sort}
          onChange={(event) =>
            onQuery({ sort: SORTS.find((sort) => sort === event.currentTarget.value) ?? 'enteredAt' })
          }
        />
        <Checkbox
          label={t('process.overdueOnly')}
          mb={8}
          checked={query.overdue}
          onChange={(event) => onQuery({ overdue: event.currentTarget.checked })}
        />
        <Checkbox
          label={t('process.withoutTasks')}
          mb={8}
          checked={query.withoutTasks}
          onChange={(event) => onQuery({ withoutTasks: event.currentTarget.checked })}
        />
        <DownloadMenu
          label={t('process.export')}
          files={(['csv', 'xlsx'] as const).map((format) => ({
            name: format.toUpperCase(),
            path: pathWith('/cards/export', {
              ...narrowing(query),
              pipeline: pipeline.id,
              stage: query.stage,
              state: query.view === 'list' ? query.state : 'open',
              sort: query.sort,
              format,
            }),
          }))}
        />
      </div>
    </>
  )
}
