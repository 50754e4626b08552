import { Button, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Sweep } from '../api/ledger.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { ageWords } from '../language/age.ts'
import { useWords, type Words } from '../language/language.ts'
import { clockWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayPost } from '../session/rights.ts'
import { SOURCES, useSources } from './money-queries.ts'

const sourceWords = (source: string, t: Words): string => (source === 'ledger' ? t('money.ownLedger') : source)

function LastRound({ sweep }: { readonly sweep: Sweep }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(5)
  const { startedAt, finishedAt } = sweep
  if (startedAt === null) return t('money.never')
  if (finishedAt === null || finishedAt < startedAt)
    return t('money.running', { at: clockWords(Date.parse(startedAt), language) })
  return ageWords(now - Date.parse(finishedAt), language)
}

/** Where balances come from, how old the last round is, and the button to ask at once. */
export function BalancesPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const sources = useSources()
  const refused = useRefused()
  const ask = useChange((source: string) => post(`/balances/sources/${encodeURIComponent(source)}/ask`, {}), {
    touches: [SOURCES],
    done: t('money.asked'),
  })
  return (
    <Page title={t('money.balancesTitle')} lead={t('money.balancesLead')}>
      <QueryView query={sources} loading={<Loading lines={3} height={44} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('money.noSources')}</Text>
          ) : (
            <DataTable
              label={t('money.sources')}
              rows={items}
              keyOf={({ source }) => source}
              columns={[
                {
                  word: t('money.source'),
                  plain: true,
                  cell: ({ source }) => <strong style={{ fontWeight: 600 }}>{sourceWords(source, t)}</strong>,
                },
                { word: t('money.lastRound'), cell: (sweep) => <LastRound sweep={sweep} /> },
                { word: t('money.nextRound'), cell: ({ dueAt }) => clockWords(Date.parse(dueAt), language) },
                { word: t('money.drivers'), end: true, cell: ({ drivers }) => String(drivers) },
                { word: t('money.strangers'), end: true, cell: ({ strangers }) => String(strangers) },
                { word: t('money.refused'), end: true, cell: ({ refused }) => String(refused) },
                {
                  word: t('money.trouble'),
                  cell: ({ trouble, failures }) =>
                    trouble === null ? (
                      <ToneWord tone="good">{t('money.untroubled')}</ToneWord>
                    ) : (
                      <>
                        <ToneWord tone="wait">{trouble}</ToneWord>
                        <Small>{`${t('money.failures')}: ${failures}`}</Small>
                      </>
                    ),
                },
                {
                  word: '',
                  end: true,
                  cell: ({ source }) =>
                    mayPost(user) ? (
                      <Button
                        size="compact-sm"
                        variant="default"
                        loading={ask.isPending && ask.variables === source}
                        onClick={() => ask.mutate(source, { onError: refused })}
                      >
                        {t('money.ask')}
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </QueryView>
    </Page>
  )
}
