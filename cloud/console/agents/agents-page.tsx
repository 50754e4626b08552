import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Agent } from '../api/agent.ts'
import { linesOf, usePages } from '../api/lists.ts'
import { serverNow } from '../api/server-clock.ts'
import { DataTable } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'

export const AGENTS = 'agents'

/** A sum; what is of all parks together is not told to whoever sees some of them. */
export function Sum({ kopecks }: { readonly kopecks: number | null }): ReactNode {
  const { t, language } = useWords()
  return kopecks === null ? <span className="quiet">{t('agents.hidden')}</span> : moneyWords(kopecks, language)
}

export const AgentState = ({ active, until }: Pick<Agent, 'active' | 'until'>): ReactNode => {
  const { t, language } = useWords()
  const day = until === null ? '' : calendarWords(until, serverNow(), language)
  const word =
    until === null
      ? t(active ? 'agents.active' : 'agents.inactive')
      : t(active ? 'agents.activeUntil' : 'agents.endedOn', { day })
  return <ToneWord tone={active ? (until === null ? 'good' : 'wait') : 'unknown'}>{word}</ToneWord>
}

/** Who brings drivers, and what is owed to each for it. */
export function AgentsPage(): ReactNode {
  const { t } = useWords()
  const agents = usePages<Agent>(AGENTS, '/agents')
  return (
    <Page title={t('agents.title')} lead={t('agents.lead')}>
      <QueryView query={agents} loading={<Loading lines={5} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t('agents.empty')}</Quiet>
          return (
            <>
              <DataTable
                label={t('agents.title')}
                rows={found}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('agents.columns.name'),
                    plain: true,
                    cell: ({ id, name }) => (
                      <Anchor
                        component={Link}
                        href={`/agents/${encodeURIComponent(id)}`}
                        fw={600}
                        c="inherit"
                        size="sm"
                      >
                        {name ?? t('agents.unnamed')}
                      </Anchor>
                    ),
                  },
                  { word: t('agents.columns.ref'), cell: ({ ref }) => ref },
                  { word: t('agents.columns.state'), cell: AgentState },
                  {
                    word: t('agents.columns.toPay'),
                    end: true,
                    cell: ({ toPayKopecks }) => <Sum kopecks={toPayKopecks} />,
                  },
                  {
                    word: t('agents.columns.paidOut'),
                    end: true,
                    cell: ({ paidOutKopecks }) => <Sum kopecks={paidOutKopecks} />,
                  },
                ]}
              />
              <MoreButton of={agents} />
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}
