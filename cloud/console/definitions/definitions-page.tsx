import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayChangeRules } from '../session/rights.ts'
import { ActivateDialog } from './activate-dialog.tsx'
import { drawable } from './drawable.ts'
import { FilesEditor } from './files-editor.tsx'
import { PlayPanel } from './play-panel.tsx'
import { DEFINITIONS, type Files, useVersions, type Version } from './queries.ts'

/** One version: its drawings, what changes against the running one, its files, and a trial on recorded events. */
function VersionView(props: {
  readonly version: Version
  readonly running: number | null
  readonly user: User
}): ReactNode {
  const { version, running, user } = props
  const { t, language } = useWords()
  const [drawn, setDrawn] = useState('')
  const [publishing, setPublishing] = useState(false)
  const files = useQuery({
    queryKey: [DEFINITIONS, version.version, 'files'],
    queryFn: ({ signal }) => get<Files>(`/definitions/${version.version}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const difference = useQuery({
    queryKey: [DEFINITIONS, version.version, 'difference', running],
    queryFn: ({ signal }) =>
      get<{ readonly lines: readonly string[] }>(`/definitions/${version.version}/difference?from=${running}`, signal),
    enabled: running !== null && running !== version.version,
  })
  const may = mayChangeRules(user)
  return (
    <Stack gap="md">
      {running !== version.version && (
        <Panel
          title={t('definitions.difference', { version: running ?? 0 })}
          actions={
            may && (
              <Button size="xs" onClick={() => setPublishing(true)}>
                {t('definitions.publish')}
              </Button>
            )
          }
        >
          {running === null ? (
            <Quiet>{t('definitions.noneRunning')}</Quiet>
          ) : (
            <QueryView query={difference}>
              {({ lines }) =>
                lines.length === 0 ? (
                  <Quiet>{t('definitions.same')}</Quiet>
                ) : (
                  <Stack gap={4} component="ul" m={0} pl="md">
                    {lines.map((line) => (
                      <Text key={line} size="sm" component="li">
                        {line}
                      </Text>
                    ))}
                  </Stack>
                )
              }
            </QueryView>
          )}
        </Panel>
      )}
      <QueryView query={files} loading={<Loading lines={6} />}>
        {({ files: list }) => {
          const drawings = drawable(list, language)
          const chosen = drawings.find(({ id }) => id === drawn) ?? drawings[0]
          return (
            <>
              {chosen !== undefined && (
                <Panel
                  title={t('definitions.drawing')}
                  actions={
                    <NativeSelect
                      aria-label={t('definitions.drawing')}
                      size="xs"
                      data={[
                        {
                          group: t('definitions.pipelines'),
                          items: drawings
                            .filter(({ kind }) => kind === 'pipeline')
                            .map(({ id, title }) => ({ value: id, label: title })),
                        },
                        {
                          group: t('definitions.processes'),
                          items: drawings
                            .filter(({ kind }) => kind === 'process')
                            .map(({ id, title }) => ({ value: id, label: title })),
                        },
                      ]}
                      value={chosen.id}
                      onChange={(event) => setDrawn(event.currentTarget.value)}
                    />
                  }
                >
                  <div
                    style={{ overflow: 'auto', minHeight: 240, maxHeight: 620, background: '#fff', borderRadius: 8 }}
                  >
                    <img
                      src={`/api/definitions/${version.version}/drawings/${encodeURIComponent(chosen.id)}?language=${language}`}
                      alt={t('definitions.drawingOf', { title: chosen.title })}
                      style={{ maxWidth: 'none', display: 'block' }}
                    />
                  </div>
                </Panel>
              )}
              <FilesEditor key={version.version} version={version.version} files={list} may={may} />
              {may && <PlayPanel version={version.version} />}
            </>
          )
        }}
      </QueryView>
      {publishing && (
        <ActivateDialog version={version} files={files.data?.files ?? []} onClose={() => setPublishing(false)} />
      )}
    </Stack>
  )
}

/** Versions of the processes: which one runs, which cards stand on which, and how the next one is made. */
export function DefinitionsPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const versions = useVersions()
  const [chosen, setChosen] = useState<number | null>(null)
  return (
    <Page title={t('definitions.title')} lead={t('definitions.lead')}>
      <QueryView query={versions} loading={<Loading lines={4} height={40} />}>
        {({ items }) => {
          const running = items.find(({ active }) => active)?.version ?? null
          const open = items.find(({ version }) => version === (chosen ?? running)) ?? items[0]
          if (open === undefined) return <Quiet>{t('definitions.none')}</Quiet>
          return (
            <Stack gap="md">
              <DataTable
                label={t('definitions.title')}
                rows={items}
                keyOf={({ version }) => String(version)}
                columns={[
                  {
                    word: t('definitions.version'),
                    cell: ({ version, note }) => (
                      <>
                        {t('definitions.versionNo', { version })}
                        <Small>{note}</Small>
                      </>
                    ),
                  },
                  {
                    word: t('definitions.state'),
                    cell: ({ active, cards }) => (
                      <ToneWord tone={active ? 'good' : cards > 0 ? 'wait' : 'unknown'}>
                        {t(active ? 'definitions.running' : cards > 0 ? 'definitions.stillCards' : 'definitions.idle')}
                      </ToneWord>
                    ),
                  },
                  { word: t('definitions.cards'), end: true, cell: ({ cards }) => cards },
                  {
                    word: t('definitions.loaded'),
                    cell: ({ loadedAt, loadedBy }) => (
                      <>
                        {momentWords(Date.parse(loadedAt), now, language)}
                        <Small>{loadedBy}</Small>
                      </>
                    ),
                  },
                  {
                    word: '',
                    plain: true,
                    cell: ({ version }) => (
                      <Group justify="flex-end">
                        <Button
                          size="compact-sm"
                          variant={version === open.version ? 'light' : 'default'}
                          aria-pressed={version === open.version}
                          onClick={() => setChosen(version)}
                        >
                          {t('definitions.open')}
                        </Button>
                      </Group>
                    ),
                  },
                ]}
              />
              <VersionView key={open.version} version={open} running={running} user={user} />
            </Stack>
          )
        }}
      </QueryView>
    </Page>
  )
}
