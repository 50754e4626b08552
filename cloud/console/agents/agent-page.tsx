import { Anchor, Button, Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Agent, Statement } from '../api/agent.ts'
import { get, post } from '../api/api-client.ts'
import { pathWith } from '../api/lists.ts'
import { Problem } from '../api/problem.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { CopyWord } from '../design/copy-word.tsx'
import { DataTable } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Columns, Page, Panel, Quiet, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { dayBounds, dayWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { mayLinkAgents } from '../session/rights.ts'
import { EditAgent, EndAgent } from './agent-dialogs.tsx'
import { AGENTS, AgentState, Sum } from './agents-page.tsx'

function Address({ address }: { readonly address: string }): ReactNode {
  return (
    <Group gap="xs">
      <Code style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{address}</Code>
      <CopyWord value={address} />
    </Group>
  )
}

/** A secret address of his own statement: shown once, and the one before it is closed. */
function OwnStatement({ id }: { readonly id: string }): ReactNode {
  const { t } = useWords()
  const [isAsking, setAsking] = useState(false)
  const make = useMutation({
    mutationFn: () => post<{ readonly path: string }>(`/agents/${encodeURIComponent(id)}/link`, {}),
    onSuccess: () => setAsking(false),
  })
  return (
    <Panel title={t('agents.own')}>
      <Stack gap="sm">
        <Quiet>{t('agents.ownLead')}</Quiet>
        {make.data !== undefined && <Address address={`${window.location.origin}${make.data.path}`} />}
        <Group>
          <Button size="xs" variant="default" onClick={() => setAsking(true)}>
            {t('agents.makeLink')}
          </Button>
        </Group>
      </Stack>
      {isAsking && (
        <AskDialog
          title={t('agents.makeLink')}
          submit={t('agents.make')}
          change={make}
          onSubmit={() => make.mutate()}
          onClose={() => setAsking(false)}
        >
          <Text size="sm">{t('agents.makeLead')}</Text>
        </AskDialog>
      )}
    </Panel>
  )
}

function Credits({ credits }: Pick<Statement, 'credits'>): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  if (credits.length === 0) return <Quiet>{t('agents.noCredits')}</Quiet>
  return (
    <DataTable
      label={t('agents.credits')}
      bare
      rows={credits}
      keyOf={({ card }) => card}
      columns={[
        {
          word: t('agents.columns.day'),
          plain: true,
          cell: ({ day }) => (day === null ? '—' : dayWords(Date.parse(day), now, language)),
        },
        {
          word: t('agents.columns.driver'),
          cell: ({ card, driver }) => (
            <Anchor component={Link} href={`/processes/cards/${card}`} size="sm" c="inherit">
              {driver ?? t('agents.openCard')}
            </Anchor>
          ),
        },
        { word: t('agents.columns.sum'), end: true, cell: ({ kopecks }) => moneyWords(kopecks, language) },
      ]}
    />
  )
}

const side = (agent: Agent, t: ReturnType<typeof useWords>['t']) => [
  { word: t('agents.columns.state'), value: <AgentState active={agent.active} until={agent.until} /> },
  ...(agent.phone === null ? [] : [{ word: t('agents.phone'), value: agent.phone }]),
  { word: t('agents.columns.toPay'), value: <Sum kopecks={agent.toPayKopecks} /> },
  { word: t('agents.columns.paidOut'), value: <Sum kopecks={agent.paidOutKopecks} /> },
]

/** An agent: whom he has brought, what he was credited for it, what he is owed, and his two addresses. */
export function AgentPage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const time = { from: from === '' ? null : dayBounds(from).from, to: to === '' ? null : dayBounds(to).to }
  const isRight = from === '' || to === '' || from <= to
  const statement = useQuery({
    queryKey: [AGENTS, id, time],
    queryFn: ({ signal }) => get<Statement>(pathWith(`/agents/${encodeURIComponent(id)}/statement`, time), signal),
    enabled: isRight,
  })
  const known = statement.data?.agent
  const [dialog, setDialog] = useState<'edit' | 'end' | null>(null)
  if (statement.error instanceof Problem && statement.error.facts.status === 404)
    return (
      <Page title={t('agents.none')} back="/agents">
        <Quiet>{t('agents.noneWhy')}</Quiet>
      </Page>
    )
  return (
    <Page
      title={known === undefined ? t('agents.title') : (known.name ?? t('agents.unnamed'))}
      back="/agents"
      actions={
        known !== undefined &&
        mayLinkAgents(user) && (
          <>
            <Button variant="default" onClick={() => setDialog('edit')}>
              {t('agents.change')}
            </Button>
            <Button variant="default" onClick={() => setDialog('end')}>
              {t(known.until === null && known.active ? 'agents.end' : 'agents.return')}
            </Button>
          </>
        )
      }
    >
      <Tools>
        <TextInput
          label={t('agents.from')}
          type="date"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          label={t('agents.to')}
          type="date"
          value={to}
          error={isRight ? undefined : t('agents.wrongPeriod')}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </Tools>
      <QueryView query={statement} loading={<Loading lines={5} height={40} />}>
        {({ agent, brought, creditedKopecks, credits }) => (
          <Columns
            main={
              <Panel title={t('agents.credited', { count: brought, sum: moneyWords(creditedKopecks, language) })}>
                <Credits credits={credits} />
              </Panel>
            }
            side={
              <>
                <Panel title={t('agents.reward')}>
                  <Facts facts={side(agent, t)} />
                </Panel>
                {agent.ref !== null && (
                  <Panel title={t('agents.referral')}>
                    <Stack gap="sm">
                      <Quiet>{t('agents.referralLead')}</Quiet>
                      <Address address={`${window.location.origin}/apply?a=${encodeURIComponent(agent.ref)}`} />
                    </Stack>
                  </Panel>
                )}
                {mayLinkAgents(user) && <OwnStatement id={id} />}
              </>
            }
          />
        )}
      </QueryView>
      {known !== undefined && dialog === 'edit' && (
        <EditAgent agent={known} queryKey={AGENTS} onClose={() => setDialog(null)} />
      )}
      {known !== undefined && dialog === 'end' && (
        <EndAgent agent={known} queryKey={AGENTS} onClose={() => setDialog(null)} />
      )}
    </Page>
  )
}
