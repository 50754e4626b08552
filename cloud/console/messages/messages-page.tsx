import { Anchor, NativeSelect, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { linesOf, usePages } from '../api/lists.ts'
import { MESSAGE_STATES, type Message } from '../api/message.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayChangeRules } from '../session/rights.ts'
import { GroupsPanel } from './groups-panel.tsx'
import { MessageStateWord } from './message-state-word.tsx'

/** Every message, newest first. */
export function MessagesPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [state, setState] = useState<Message['state'] | null>(null)
  const messages = usePages<Message>('messages', '/messages', { state })
  return (
    <Page title={t('message.title')} lead={t('message.lead')}>
      <Tools>
        <NativeSelect
          label={t('message.state')}
          data={[
            { value: '', label: t('message.anyState') },
            ...MESSAGE_STATES.map((one) => ({ value: one, label: t(`message.states.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) => setState(MESSAGE_STATES.find((one) => one === event.currentTarget.value) ?? null)}
        />
      </Tools>
      <QueryView query={messages} loading={<Loading lines={5} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Text className="quiet">{t('message.none')}</Text>
          return (
            <>
              <DataTable
                label={t('message.title')}
                rows={found}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('message.columns.what'),
                    plain: true,
                    cell: ({ title, text }) => (
                      <>
                        <strong style={{ fontWeight: 600 }}>{title}</strong>
                        <div>{text}</div>
                      </>
                    ),
                  },
                  {
                    word: t('message.columns.to'),
                    cell: ({ to, driverId }) =>
                      driverId === null ? (
                        to.name
                      ) : (
                        <Anchor component={Link} href={`/drivers/${driverId}`} size="sm" c="inherit">
                          {/* Kept under the driver's id where nobody said a name. */}
                          {to.name === driverId ? <DriverName id={driverId} /> : to.name}
                        </Anchor>
                      ),
                  },
                  { word: t('message.columns.state'), cell: (message) => <MessageStateWord message={message} /> },
                  {
                    word: t('message.columns.at'),
                    cell: ({ createdAt, because }) => (
                      <>
                        {sinceWords(Date.parse(createdAt), now, language)}
                        <Small>{because}</Small>
                      </>
                    ),
                  },
                ]}
              />
              <MoreButton of={messages} />
            </>
          )
        }}
      </QueryView>
      {mayChangeRules(user) && <GroupsPanel />}
    </Page>
  )
}
