import { Anchor, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { get } from '../api/api-client.ts'
import { pathWith } from '../api/lists.ts'
import { serverNow } from '../api/server-clock.ts'
import { DataTable } from '../design/data-table.tsx'
import { DownloadMenu } from '../design/download-menu.tsx'
import { Page, Panel, Quiet, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { dayAfter, dayBounds, moscowDay } from '../language/moment.ts'
import { usePipelines } from '../processes/process-queries.ts'
import { BarChart } from './bar-chart.tsx'
import { type Cell, cellWords, isFigure, type Table } from './cell.ts'
import { columnTitle, figureTitle } from './english-titles.ts'

/** Reports by what they are asked for; `pipeline`, `stage` and `by`: what may be chosen. */
const REPORTS = [
  { name: 'owner', choices: ['pipeline'] },
  { name: 'week', choices: ['pipeline'] },
  { name: 'kpi', choices: ['pipeline'] },
  { name: 'sums', choices: ['pipeline'] },
  { name: 'losses', choices: ['pipeline'] },
  { name: 'profit', choices: ['pipeline', 'by'] },
  { name: 'conversions', choices: ['pipeline'] },
  { name: 'chain', choices: ['pipeline'] },
  { name: 'stages', choices: ['pipeline'] },
  { name: 'people', choices: ['pipeline'] },
  { name: 'effort', choices: ['pipeline', 'stage'] },
  { name: 'load', choices: ['pipeline'] },
  { name: 'on-time', choices: ['pipeline'] },
  { name: 'between-tasks', choices: [] },
  { name: 'without-person', choices: ['pipeline'] },
  { name: 'quality', choices: ['pipeline'] },
  { name: 'work-time', choices: [] },
  { name: 'waiting', choices: [] },
  { name: 'bands', choices: ['pipeline'] },
  { name: 'reasons', choices: ['pipeline'] },
  { name: 'refused', choices: ['pipeline'] },
  { name: 'without-source', choices: ['pipeline'] },
  { name: 'without-tasks', choices: ['pipeline'] },
] as const
const PIVOTS = ['adChannel', 'source', 'make', 'workKind'] as const
const SPANS = [7, 30, 90] as const

/** Figures from the log: a table, its picture, the time they are for, and the same as a file. */
export function ReportsPage(): ReactNode {
  const { t, language } = useWords()
  const [query, setQuery] = useSearchParams()
  const today = moscowDay(serverNow())
  const name = REPORTS.find((one) => one.name === query.get('report'))?.name ?? 'owner'
  const choices: readonly string[] = REPORTS.find((one) => one.name === name)?.choices ?? []
  const from = query.get('from') ?? dayAfter(today, -29)
  const to = query.get('to') ?? today
  const set = (changes: Readonly<Record<string, string>>): void =>
    setQuery((old) => {
      const next = new URLSearchParams(old)
      for (const [key, value] of Object.entries(changes))
        if (value === '') next.delete(key)
        else next.set(key, value)
      return next
    })
  const chosen = (choice: string): string | null => (choices.includes(choice) ? query.get(choice) : null)
  const filter = {
    pipeline: chosen('pipeline'),
    stage: chosen('stage'),
    by: chosen('by'),
    from: dayBounds(from).from,
    to: dayBounds(to).to,
  }
  const pipelines = usePipelines().data ?? []
  const isRight = from <= to
  const report = useQuery({
    queryKey: ['reports', name, filter],
    queryFn: ({ signal }) => get<Table>(pathWith(`/reports/${name}`, filter), signal),
    enabled: isRight,
  })
  const stages = pipelines.find(({ id }) => id === query.get('pipeline'))?.stages ?? []
  const [spanning, setSpanning] = useState('')
  return (
    <Page
      title={t('reports.title')}
      lead={t(`reports.leads.${name}`)}
      actions={
        <DownloadMenu
          label={t('reports.download')}
          files={(['xlsx', 'csv'] as const).map((format) => ({
            name: format.toUpperCase(),
            path: pathWith(`/reports/${name}`, { ...filter, format }),
          }))}
        />
      }
    >
      <Tools>
        <NativeSelect
          label={t('reports.report')}
          data={REPORTS.map((one) => ({ value: one.name, label: t(`reports.names.${one.name}`) }))}
          value={name}
          onChange={(event) => set({ report: event.currentTarget.value })}
        />
        {choices.includes('pipeline') && (
          <NativeSelect
            label={t('reports.pipeline')}
            data={[
              { value: '', label: t('reports.all') },
              ...pipelines.map(({ id, title }) => ({ value: id, label: title })),
            ]}
            value={query.get('pipeline') ?? ''}
            onChange={(event) => set({ pipeline: event.currentTarget.value, stage: '' })}
          />
        )}
        {choices.includes('stage') && stages.length > 0 && (
          <NativeSelect
            label={t('reports.stage')}
            data={[
              { value: '', label: t('reports.focus') },
              ...stages.map(({ id, title }) => ({ value: id, label: title })),
            ]}
            value={query.get('stage') ?? ''}
            onChange={(event) => set({ stage: event.currentTarget.value })}
          />
        )}
        {choices.includes('by') && (
          <NativeSelect
            label={t('reports.by')}
            data={PIVOTS.map((by) => ({ value: by, label: t(`reports.pivots.${by}`) }))}
            value={query.get('by') ?? 'adChannel'}
            onChange={(event) => set({ by: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={t('reports.period')}
          data={[
            { value: '', label: t('reports.own') },
            ...SPANS.map((days) => ({ value: String(days), label: t('reports.last', { count: days }) })),
          ]}
          value={spanning}
          onChange={(event) => {
            const days = event.currentTarget.value
            setSpanning(days)
            if (days !== '') set({ from: dayAfter(today, 1 - Number(days)), to: today })
          }}
        />
        <TextInput
          label={t('reports.from')}
          type="date"
          max={to}
          value={from}
          onChange={(event) => set({ from: event.currentTarget.value })}
        />
        <TextInput
          label={t('reports.to')}
          type="date"
          min={from}
          value={to}
          onChange={(event) => set({ to: event.currentTarget.value })}
          error={isRight ? undefined : t('reports.wrongPeriod')}
        />
      </Tools>
      {isRight && (
        <QueryView query={report} loading={<Loading lines={5} height={36} />}>
          {({ columns, rows, chart, parks }) => {
            if (rows.length === 0)
              return (
                <Quiet>
                  {t('reports.none')} {parks === 'own' && t('reports.ownParks')}
                </Quiet>
              )
            const lines = rows.map((cells, index) => ({ cells, key: String(index) }))
            return (
              <Stack gap="md">
                {chart !== null && rows.length > 1 && (
                  <Panel
                    title={columnTitle(columns.find(({ id }) => id === chart.value) ?? { id: '', title: '' }, language)}
                  >
                    <BarChart table={{ columns, rows, chart }} />
                  </Panel>
                )}
                <DataTable
                  label={t(`reports.names.${name}`)}
                  rows={lines}
                  keyOf={({ key }: { readonly key: string }) => key}
                  columns={columns.map((column, index) => ({
                    word: columnTitle(column, language),
                    end: rows.some((cells) => isFigure(cells[index] ?? null)),
                    cell: ({ cells }: { readonly cells: readonly Cell[] }) => (
                      <Value cell={cells[index] ?? null} href={href} />
                    ),
                  }))}
                />
                <Text size="xs" className="quiet">
                  {t('reports.source')} {parks === 'own' && t('reports.ownParks')}
                </Text>
              </Stack>
            )
          }}
        </QueryView>
      )}
    </Page>
  )

  function href(report: string): string {
    const next = new URLSearchParams(query)
    next.set('report', report)
    return `/reports?${next}`
  }
}

function Value({ cell, href }: { readonly cell: Cell; readonly href: (report: string) => string }): ReactNode {
  const { language } = useWords()
  if (cell !== null && typeof cell === 'object' && 'report' in cell)
    return (
      <Anchor component={Link} href={href(cell.report)} size="sm">
        {figureTitle(cell.title, language)}
      </Anchor>
    )
  if (cell !== null && typeof cell === 'object' && 'no' in cell)
    return (
      <Anchor component={Link} href={`/processes/cards/${cell.card}`} size="sm">
        № {cell.no}
      </Anchor>
    )
  return cellWords(cell, language, serverNow())
}
