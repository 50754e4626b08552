import { Button, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get, post } from '../api/api-client.ts'
import type { PaperCheck, Source } from '../api/source.ts'
import { Small } from '../design/data-table.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { OF_PAPERS, PAPERS } from './paper-queries.ts'

type Checks = { readonly items: readonly PaperCheck[] }

const useSources = () =>
  useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Source[] }>('/sources', signal),
    refetchInterval: 60_000,
  })

/** How the outside sources of papers, or of fines, do; nothing where none is connected. */
export function SourceStates({ of }: { readonly of: Source['of'] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const sources = (useSources().data?.items ?? []).filter((source) => source.of === of)
  if (sources.length === 0) return null
  return (
    <Panel title={t(`paper.sources.${of}`)}>
      <Stack gap={6}>
        {sources.map(({ id, title, triedAt, okAt, problem, unknown, unreadable }) => (
          <div key={id}>
            <ToneWord tone={problem !== null ? 'stop' : okAt === null ? 'unknown' : 'good'}>
              {title}:{' '}
              {problem ??
                (okAt === null
                  ? t('paper.sources.never')
                  : t('paper.sources.ok', { at: sinceWords(Date.parse(okAt), now, language) }))}
            </ToneWord>
            <Small>
              {[
                ...(problem !== null && triedAt !== null
                  ? [t('paper.sources.tried', { at: sinceWords(Date.parse(triedAt), now, language) })]
                  : []),
                ...(problem !== null && okAt !== null
                  ? [t('paper.sources.ok', { at: sinceWords(Date.parse(okAt), now, language) })]
                  : []),
                ...(unknown > 0 ? [t('paper.sources.unknown', { count: unknown })] : []),
                ...(unreadable > 0 ? [t('paper.sources.unreadable', { count: unreadable })] : []),
              ].join(' · ')}
            </Small>
          </div>
        ))}
      </Stack>
    </Panel>
  )
}

function Said({ check }: { readonly check: PaperCheck }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const { kind, title, outcome, why, triedAt, answeredAt, validUntil } = check
  const last =
    answeredAt === null
      ? null
      : validUntil === null
        ? t('paper.sources.none')
        : t('paper.sources.until', { day: calendarWords(validUntil, now, language) })
  return (
    <div>
      <Text size="sm" fw={600}>
        {t(`paper.kinds.${kind}`)} · {title}
      </Text>
      <ToneWord tone={outcome === 'unknown' ? 'unknown' : outcome === 'none' ? 'stop' : 'good'}>
        {outcome === 'unknown' ? t('paper.sources.noAnswer', { why }) : last}
      </ToneWord>
      <Small>
        {outcome === 'unknown' && last !== null && answeredAt !== null
          ? t('paper.sources.before', { said: last, at: sinceWords(Date.parse(answeredAt), now, language) })
          : sinceWords(Date.parse(triedAt), now, language)}
      </Small>
    </div>
  )
}

/** What outside sources say of the papers of a car; `mayAsk`: asks them now. Nothing where none is connected. */
export function PaperChecks({ id, mayAsk }: { readonly id: string; readonly mayAsk: boolean }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const sources = useSources()
  const path = `/vehicles/${encodeURIComponent(id)}/paper-checks`
  const key = [PAPERS, 'checks', id]
  const checks = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Checks>(path, signal),
    refetchInterval: 60_000,
  })
  const ask = useMutation({
    mutationFn: () => post<Checks>(path, {}),
    onSuccess: (known) => client.setQueryData(key, known),
    onSettled: () => {
      for (const touched of [...OF_PAPERS, 'sources']) void client.invalidateQueries({ queryKey: [touched] })
    },
  })
  if (!(sources.data?.items ?? []).some(({ of }) => of === 'papers')) return null
  const found = checks.data?.items ?? []
  return (
    <Panel
      title={t('paper.sources.said')}
      actions={
        mayAsk && (
          <Button size="compact-sm" variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>
            {t('paper.sources.ask')}
          </Button>
        )
      }
    >
      {found.length === 0 && <Quiet>{t('paper.sources.notYet')}</Quiet>}
      <Stack gap="sm">
        {found.map((check) => (
          <Said key={`${check.kind} ${check.source}`} check={check} />
        ))}
      </Stack>
      {ask.isError && (
        <Text size="sm" c="red" role="alert">
          {refusalWords(ask.error, t)}
        </Text>
      )}
    </Panel>
  )
}
