import { Anchor, Button, NativeSelect, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Conversation } from '../api/inbox.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { ConversationDialog, INBOX } from './conversation-dialog.tsx'

const STATES = ['unanswered', 'answered', 'closed'] as const

/** Who has written to any of our accounts, whoever waits longest first. */
export function InboxPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [state, setState] = useState<string>('unanswered')
  const [q, setQ] = useState('')
  const [open, setOpen] = useState<string | null>(null)
  const found = usePages<Conversation>(INBOX, '/inbox', { state, q: q.trim() })
  const since = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  return (
    <Page title={t('inbox.title')} lead={t('inbox.lead')}>
      <Tools>
        <NativeSelect
          label={t('inbox.state')}
          data={[
            ...STATES.map((one) => ({ value: one, label: t(`inbox.states.${one}`) })),
            { value: '', label: t('inbox.states.any') },
          ]}
          value={state}
          onChange={(event) => setState(event.currentTarget.value)}
        />
        <TextInput label={t('inbox.search')} value={q} onChange={(event) => setQ(event.currentTarget.value)} />
      </Tools>
      <QueryView query={found} loading={<Loading lines={4} height={44} />}>
        {(pages) => {
          const rows = linesOf(pages)
          if (rows.length === 0) return <Text className="quiet">{t('inbox.none')}</Text>
          return (
            <>
              <DataTable
                label={t('inbox.title')}
                rows={rows}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('inbox.columns.who'),
                    plain: true,
                    cell: ({ id, name, phone, card }) => (
                      <>
                        <Button size="compact-sm" variant="subtle" onClick={() => setOpen(id)}>
                          {name ?? phone ?? t('inbox.unnamed')}
                        </Button>
                        {card !== null && (
                          <Small>
                            <Anchor component={Link} href={`/processes/cards/${card}`} size="xs" c="inherit">
                              {t('inbox.card')}
                            </Anchor>
                          </Small>
                        )}
                      </>
                    ),
                  },
                  {
                    word: t('inbox.columns.said'),
                    cell: ({ lastText, lastAt }) => (
                      <>
                        {lastText}
                        <Small>{since(lastAt)}</Small>
                      </>
                    ),
                  },
                  { word: t('inbox.columns.account'), cell: ({ account }) => account.title },
                  {
                    word: t('inbox.columns.since'),
                    cell: ({ waitingSince }) => (waitingSince === null ? '' : since(waitingSince)),
                  },
                  {
                    word: t('inbox.columns.whose'),
                    cell: ({ assignee }) => (assignee === null ? t('inbox.nobody') : assignee.name),
                  },
                ]}
              />
              <MoreButton of={found} />
            </>
          )
        }}
      </QueryView>
      {open !== null && user.role !== 'auditor' && (
        <ConversationDialog key={open} id={open} onClose={() => setOpen(null)} />
      )}
    </Page>
  )
}
