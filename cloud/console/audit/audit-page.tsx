import { Anchor, Button, Code, Select, Text, TextInput } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Panel, Quiet, Tools } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { entryWords } from './entry-words.ts'

type Entry = {
  readonly position: number
  readonly at: string
  readonly kind: string
  readonly by: { readonly kind: string; readonly id: string; readonly name: string | null }
  readonly subjects: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
}
type Entries = { readonly items: readonly Entry[]; readonly nextCursor: string | null }
type Current = {
  readonly checkpoint: { readonly size: number; readonly root: string; readonly at: string; readonly keyId: string }
}

const KINDS = ['decision', 'order', 'sign-in', 'people', 'policy', 'request', 'refused', 'look'] as const
const MAY_EXPORT = new Set(['owner', 'auditor'])

/** The record of everything, with its signed root and the way to check it without us. */
export function AuditPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const [kind, setKind] = useState<string | null>(null)
  const [about, setAbout] = useState('')
  const query = new URLSearchParams({
    limit: '50',
    ...(kind === null ? {} : { kind }),
    ...(about.trim() === '' ? {} : { about: about.trim() }),
  })
  const entries = useInfiniteQuery({
    queryKey: ['audit', query.toString()],
    queryFn: ({ signal, pageParam }) =>
      get<Entries>(`/audit?${query}${pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  })
  const moment = (at: string): string => momentWords(Date.parse(at), now, language)
  return (
    <Page
      title={t('audit.title')}
      lead={t('audit.lead')}
      actions={
        MAY_EXPORT.has(user.role) && (
          <Button
            component="a"
            href="/api/audit/export"
            download
            variant="default"
            leftSection={<IconDownload size={16} />}
          >
            {t('audit.export')}
          </Button>
        )
      }
    >
      <Checkpoint />
      <Check />
      <Tools>
        <Select
          label={t('audit.kind')}
          placeholder={t('audit.anyKind')}
          clearable
          searchable
          data={KINDS.map((value) => ({ value, label: t(`audit.kinds.${value}`) }))}
          value={kind}
          onChange={setKind}
        />
        <TextInput label={t('audit.about')} value={about} onChange={(event) => setAbout(event.currentTarget.value)} />
      </Tools>
      <QueryView query={entries}>
        {({ pages }) => {
          const rows = pages.flatMap(({ items }) => items)
          if (rows.length === 0)
            return <Quiet>{t(kind === null && about === '' ? 'audit.empty' : 'audit.nothing')}</Quiet>
          return (
            <>
              <DataTable<Entry>
                label={t('audit.title')}
                rows={rows}
                keyOf={({ position }) => String(position)}
                columns={[
                  {
                    word: t('audit.when'),
                    plain: true,
                    cell: ({ at, position }) => (
                      <>
                        {moment(at)}
                        <Small>{t('audit.position', { position })}</Small>
                      </>
                    ),
                  },
                  { word: t('audit.kind'), cell: (entry) => t(`audit.kinds.${entry.kind}`) },
                  {
                    word: t('audit.who'),
                    cell: ({ by }) => (
                      <>
                        <span title={by.id}>{by.name ?? t(`audit.actors.${by.kind}`)}</span>
                        {by.name === null && <Small>{by.id}</Small>}
                      </>
                    ),
                  },
                  { word: t('audit.subject'), cell: (entry) => <Subjects entry={entry} onChosen={setAbout} /> },
                  { word: t('audit.details'), cell: (entry) => <Sentence entry={entry} now={now} /> },
                ]}
              />
              <MoreButton of={entries} />
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}

/** What it concerns by its name, which shows all about it; what has none, by the end of its id. */
function Subjects(props: { readonly entry: Entry; readonly onChosen: (id: string) => void }): ReactNode {
  const { subjects, labels } = props.entry
  const named = subjects.filter((id) => labels[id] !== undefined)
  const bare = subjects.filter((id) => labels[id] === undefined)
  return (
    <>
      {named.map((id) => (
        <Anchor
          key={id}
          component="button"
          type="button"
          size="sm"
          ta="start"
          title={id}
          onClick={() => props.onChosen(id)}
        >
          {labels[id]}
        </Anchor>
      ))}
      {bare.map((id) => (
        <Small key={id}>
          <span title={id}>{id.length > 30 ? `…${id.slice(-12)}` : id}</span>
        </Small>
      ))}
    </>
  )
}

/** In words, with the entry as it is hashed behind them. */
function Sentence({ entry, now }: { readonly entry: Entry; readonly now: number }): ReactNode {
  const { t, language } = useWords()
  return (
    <>
      <Text size="sm">{entryWords(entry, { t, language, now })}</Text>
      <details>
        <summary className="quiet">
          <Text span size="xs">
            {t('audit.whole')}
          </Text>
        </summary>
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxWidth: '32rem' }}>
          {JSON.stringify({ by: entry.by, subjects: entry.subjects, data: entry.data }, null, 1)}
        </Code>
      </details>
    </>
  )
}

type Checked = {
  readonly finding: { readonly kind: 'whole' | 'missing' | 'changed' | 'checkpoint' | 'head'; readonly at?: number }
  readonly entries: number
  readonly checkpoints: number
  readonly newestAt: string | null
}

/** Pure. Without a checkpoint kept elsewhere nobody can say that nothing was cut off. */
const verdictOf = ({ finding, checkpoints }: Checked) =>
  finding.kind === 'whole' && checkpoints === 0 ? 'unwitnessed' : finding.kind
const TONE = {
  whole: 'good',
  unwitnessed: 'wait',
  missing: 'stop',
  changed: 'stop',
  checkpoint: 'stop',
  head: 'stop',
} as const

/** The service looks through its own record when asked; for anybody else there is the export. */
function Check(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const check = useMutation({ mutationFn: () => get<Checked>('/audit/check') })
  const found = check.data
  return (
    <Panel
      title={t('audit.verify')}
      actions={
        <Button size="compact-xs" variant="default" loading={check.isPending} onClick={() => check.mutate()}>
          {t('audit.check')}
        </Button>
      }
    >
      <div role="status">
        {check.isError && <ToneWord tone="stop">{t('audit.checkFailed')}</ToneWord>}
        {found === undefined && !check.isError && <Quiet>{t('audit.checkLead')}</Quiet>}
        {found !== undefined && (
          <>
            <ToneWord tone={TONE[verdictOf(found)]}>
              {t(`audit.findings.${verdictOf(found)}`, { at: found.finding.at ?? 0 })}
            </ToneWord>
            <Quiet>
              {t('audit.checked', { entries: found.entries, checkpoints: found.checkpoints })}
              {found.newestAt === null
                ? ''
                : ` ${t('audit.newest', { time: momentWords(Date.parse(found.newestAt), now, language) })}`}
            </Quiet>
          </>
        )}
      </div>
      <Quiet>
        {t('audit.verifyHow')} <Code>npx kordon audit verify kordon-audit.jsonl</Code>
      </Quiet>
    </Panel>
  )
}

function Checkpoint(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const current = useQuery({
    queryKey: ['audit-checkpoint'],
    queryFn: ({ signal }) => get<Current>('/audit/checkpoint', signal),
    refetchInterval: 60_000,
  })
  return (
    <Panel title={t('audit.checkpoint')}>
      <QueryView query={current}>
        {({ checkpoint: { size, root, at, keyId } }) => (
          <>
            <Facts
              facts={[
                { word: t('audit.size'), value: String(size) },
                { word: t('audit.at'), value: momentWords(Date.parse(at), now, language) },
                { word: t('audit.root'), value: <Code style={{ overflowWrap: 'anywhere' }}>{root}</Code> },
                { word: t('audit.key'), value: <Code>{keyId}</Code> },
              ]}
            />
          </>
        )}
      </QueryView>
    </Panel>
  )
}
