import { Anchor, NativeSelect, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'wouter'
import { get } from '../api/api-client.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { ProcessItem, RunItem } from '../api/process.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Panel, Quiet, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { maySteerProcesses } from '../session/rights.ts'
import { RunState } from './run-state.tsx'
import { RUNS, SteerRun } from './steer-run.tsx'

const STATES = ['', 'going', 'paused'] as const

function Described(props: {
  readonly processes: readonly ProcessItem[]
  readonly chosen: string | null
  readonly onChoose: (process: string) => void
}): ReactNode {
  const { t } = useWords()
  const { processes, chosen, onChoose } = props
  return (
    <DataTable
      label={t('running.title')}
      bare
      rows={processes}
      keyOf={({ id }) => id}
      columns={[
        {
          word: t('running.process'),
          plain: true,
          cell: ({ id, title, folder }) => (
            <>
              <Anchor
                component="button"
                type="button"
                size="sm"
                c="inherit"
                ta="left"
                fw={chosen === id ? 700 : 500}
                aria-pressed={chosen === id}
                onClick={() => onChoose(chosen === id ? '' : id)}
              >
                {title}
              </Anchor>
              <Small>{folder ?? t('running.noFolder')}</Small>
            </>
          ),
        },
        { word: t('running.steps'), end: true, cell: ({ steps }) => steps },
        { word: t('running.going'), end: true, cell: ({ running, paused }) => running - paused },
        { word: t('running.paused'), end: true, cell: ({ paused }) => paused },
      ]}
    />
  )
}

function OnCards({ filter, user }: { readonly filter: Readonly<Record<string, string | null>>; readonly user: User }) {
  const { t } = useWords()
  const runs = usePages<RunItem>(RUNS, '/processes/running', filter)
  return (
    <QueryView query={runs} loading={<Loading lines={4} height={44} />}>
      {(pages) => {
        const found = linesOf(pages)
        if (found.length === 0) return <Quiet>{t('running.nothing')}</Quiet>
        return (
          <>
            <DataTable
              label={t('running.now')}
              bare
              rows={found}
              keyOf={({ id }) => id}
              columns={[
                {
                  word: t('running.card'),
                  plain: true,
                  cell: ({ card, cardNo, pipelineTitle, stageTitle }) => (
                    <>
                      <Anchor component={Link} href={`/processes/cards/${card}`} size="sm" fw={600} c="inherit">
                        {t('running.cardNo', { pipeline: pipelineTitle, no: cardNo })}
                      </Anchor>
                      <Small>{stageTitle}</Small>
                    </>
                  ),
                },
                { word: t('running.process'), cell: ({ title }) => title },
                { word: t('running.state'), cell: (run) => <RunState run={run} /> },
                {
                  word: '',
                  plain: true,
                  cell: (run) => (maySteerProcesses(user) ? <SteerRun card={run.card} run={run} /> : null),
                },
              ]}
            />
            <MoreButton of={runs} />
          </>
        )
      }}
    </QueryView>
  )
}

/** The processes of the house by department, and which of them go on where; a head pauses, resumes and stops them. */
export function RunningPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const [query, setQuery] = useSearchParams()
  const processes = useQuery({
    queryKey: [RUNS, 'described'],
    queryFn: ({ signal }) => get<{ readonly items: readonly ProcessItem[] }>('/processes', signal),
    refetchInterval: 60_000,
  })
  const set = (changes: Readonly<Record<string, string>>): void =>
    setQuery(
      (old) => {
        const next = new URLSearchParams(old)
        for (const [key, value] of Object.entries(changes))
          if (value === '') next.delete(key)
          else next.set(key, value)
        return next
      },
      { replace: true },
    )
  const [process, folder, state] = [query.get('process'), query.get('folder'), query.get('state')]
  return (
    <Page title={t('running.title')} lead={t('running.lead')}>
      <QueryView query={processes} loading={<Loading lines={6} height={40} />}>
        {({ items }) => {
          if (items.length === 0) return <Quiet>{t('running.none')}</Quiet>
          const folders = [...new Set(items.flatMap((one) => one.folder ?? []))].toSorted()
          return (
            <Stack gap="md">
              <Tools>
                <NativeSelect
                  label={t('running.folder')}
                  data={[{ value: '', label: t('running.all') }, ...folders]}
                  value={folder ?? ''}
                  onChange={(event) => set({ folder: event.currentTarget.value, process: '' })}
                />
                <NativeSelect
                  label={t('running.state')}
                  data={STATES.map((one) => ({ value: one, label: t(`running.states.${one === '' ? 'all' : one}`) }))}
                  value={state ?? ''}
                  onChange={(event) => set({ state: event.currentTarget.value })}
                />
              </Tools>
              <Panel title={t('running.now')}>
                <OnCards filter={{ process, folder, state }} user={user} />
              </Panel>
              <Panel title={t('running.described')}>
                <Described
                  processes={items.filter((one) => folder === null || one.folder === folder)}
                  chosen={process}
                  onChoose={(id) => set({ process: id })}
                />
              </Panel>
            </Stack>
          )
        }}
      </QueryView>
    </Page>
  )
}
