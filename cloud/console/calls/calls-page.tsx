import { Anchor, NativeSelect } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { Call } from '../api/call.ts'
import { linesOf, usePages } from '../api/lists.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Quiet, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { callWords } from './call-words.ts'
import { Recording } from './recording.tsx'

export const CALLS = 'calls'
const STATES = ['missed', 'answered', 'no-source'] as const

/** The log of calls: who called when, where he heard of us, what became of it, what was said. */
export function CallsPage(): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [search, setSearch] = useSearchParams()
  const state = STATES.find((one) => one === search.get('state')) ?? null
  const calls = usePages<Call>(CALLS, '/calls', { state })
  return (
    <Page title={t('calls.title')} lead={t('calls.lead')}>
      <Tools>
        <NativeSelect
          label={t('calls.which')}
          data={[
            { value: '', label: t('calls.all') },
            ...STATES.map((one) => ({ value: one, label: t(`calls.filters.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) =>
            setSearch(event.currentTarget.value === '' ? {} : { state: event.currentTarget.value }, { replace: true })
          }
        />
      </Tools>
      <QueryView query={calls} loading={<Loading lines={5} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t(state === null ? 'calls.empty' : 'calls.nothing')}</Quiet>
          return (
            <>
              <DataTable
                label={t('calls.title')}
                rows={found}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('calls.columns.who'),
                    plain: true,
                    cell: (call) => (
                      <>
                        <strong style={{ fontWeight: 600 }}>
                          {call.phone === null ? t('calls.noNumber') : phoneWords(call.phone)}
                        </strong>
                        <Small>{callWords(call, t, language)}</Small>
                      </>
                    ),
                  },
                  {
                    word: t('calls.columns.at'),
                    cell: ({ startedAt }) => sinceWords(Date.parse(startedAt), now, language),
                  },
                  {
                    word: t('calls.columns.source'),
                    cell: ({ source, line }) => (
                      <>
                        {source ?? <span className="quiet">{t('calls.noSource')}</span>}
                        {line !== null && <Small>{phoneWords(line)}</Small>}
                      </>
                    ),
                  },
                  {
                    word: t('calls.columns.card'),
                    cell: ({ cards }) =>
                      cards[0] === undefined ? null : (
                        <Anchor component={Link} href={`/processes/cards/${cards[0]}`} size="sm">
                          {t('calls.openCard')}
                        </Anchor>
                      ),
                  },
                  {
                    word: t('calls.recording'),
                    cell: (call) => (call.recording === 'none' ? null : <Recording call={call} />),
                  },
                ]}
              />
              <MoreButton of={calls} />
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}
