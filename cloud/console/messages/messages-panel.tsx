import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { type Filter, linesOf, usePages } from '../api/lists.ts'
import type { Message } from '../api/message.ts'
import { Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { MessageStateWord } from './message-state-word.tsx'

/** What was said to a driver, or about a vehicle. */
export function MessagesPanel({ filter }: { readonly filter: Filter }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const messages = usePages<Message>('messages', '/messages', { ...filter, limit: 5 })
  return (
    <Panel title={t('message.title')}>
      <QueryView query={messages}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t('message.none')}</Quiet>
          return (
            <Stack gap="sm">
              {found.map((message) => (
                <div key={message.id}>
                  <Small>{sinceWords(Date.parse(message.createdAt), now, language)}</Small>
                  <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {message.text}
                  </Text>
                  <Text size="sm" component="div">
                    <MessageStateWord message={message} />
                  </Text>
                </div>
              ))}
              <MoreButton of={messages} />
            </Stack>
          )
        }}
      </QueryView>
    </Panel>
  )
}
