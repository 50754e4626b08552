import { Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Posting } from '../api/ledger.ts'
import { linesOf, pathWith, usePages } from '../api/lists.ts'
import { serverNow } from '../api/server-clock.ts'
import type { User } from '../api/session.ts'
import { DownloadMenu } from '../design/download-menu.tsx'
import { Facts } from '../design/facts.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { dayAfter, dayBounds, moscowDay } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { mayPost, maySeeStatements } from '../session/rights.ts'
import { MoneyActions } from './money-actions.tsx'
import { POSTINGS, useAccounts } from './money-queries.ts'
import { PostingsTable } from './postings-table.tsx'

type Of = { readonly driver: string } | { readonly lease: string }

const DAYS_OF_STATEMENT = 30

/** The statement of the last days as a file. */
function StatementMenu({ of }: { readonly of: Of }): ReactNode {
  const { t } = useWords()
  const today = moscowDay(serverNow())
  const time = { from: dayBounds(dayAfter(today, 1 - DAYS_OF_STATEMENT)).from, to: dayBounds(today).to }
  return (
    <DownloadMenu
      label={t('money.statementMonth')}
      files={['csv', 'xlsx', 'pdf'].map((format) => ({
        name: format.toUpperCase(),
        path: pathWith(`/ledger/statement/${format}`, { ...of, ...time }),
      }))}
    />
  )
}

/** Accounts and postings of a driver or a lease, and what may be done about them. */
export function MoneyPanel({ of, user }: { readonly of: Of; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const postings = usePages<Posting>(POSTINGS, '/ledger/postings', { ...of, limit: 20 })
  const accounts = useAccounts(of)
  return (
    <Panel title={t('nav.money')} actions={maySeeStatements(user) && <StatementMenu of={of} />}>
      <Stack gap="md">
        {(accounts.data?.items.length ?? 0) > 0 && (
          <Facts
            facts={(accounts.data?.items ?? []).map(({ kind, kopecks }) => ({
              word: t(`money.accounts.${kind}`),
              value: moneyWords(kopecks, language),
            }))}
          />
        )}
        {'driver' in of && <MoneyActions user={user} driverId={of.driver} size="xs" />}
        <QueryView query={postings}>
          {(pages) => {
            const found = linesOf(pages)
            if (found.length === 0) return <Quiet>{t('money.empty')}</Quiet>
            return (
              <div>
                <PostingsTable postings={found} withDriver={false} mayReverse={mayPost(user)} bare />
                <div style={{ paddingTop: postings.hasNextPage ? 16 : 0 }}>
                  <MoreButton of={postings} />
                </div>
              </div>
            )
          }}
        </QueryView>
      </Stack>
    </Panel>
  )
}
