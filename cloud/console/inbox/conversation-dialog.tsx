import { Anchor, Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, post, put } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { ConversationItem, WholeConversation } from '../api/inbox.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Small } from '../design/data-table.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'

export const INBOX = 'inbox'

function Said({ item, who }: { readonly item: ConversationItem; readonly who: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const sent = item.direction === 'in' ? '' : t(`inbox.sent.${item.state}`)
  return (
    <div style={{ marginInlineStart: item.direction === 'out' ? '2rem' : 0 }}>
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {item.text}
      </Text>
      {item.files.map(({ name, url }) => (
        <Anchor key={url} href={url} target="_blank" rel="noopener noreferrer" size="sm" display="block">
          {name}
        </Anchor>
      ))}
      <Small>
        {[item.by ?? who, sinceWords(Date.parse(item.at), now, language), sent, item.problem ?? '']
          .filter((word) => word !== '')
          .join(', ')}
      </Small>
    </div>
  )
}

/** A conversation from its first word on, and the answer to it. */
export function ConversationDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [text, setText] = useState('')
  const path = `/inbox/${encodeURIComponent(id)}`
  const one = useQuery({
    queryKey: [INBOX, id],
    queryFn: ({ signal }) => get<WholeConversation>(path, signal),
    refetchInterval: 10_000,
  })
  const answer = useChange(() => post<null>(`${path}/answers`, { text: text.trim() }), {
    touches: [INBOX],
    done: t('inbox.answered'),
  })
  const refused = useRefused()
  const take = useChange(() => put<null>(`${path}/assignee`, { to: 'me' }), {
    touches: [INBOX],
    done: t('inbox.taken'),
  })
  const close = useChange(() => post<null>(`${path}/close`, {}), { touches: [INBOX], done: t('inbox.closed') })
  const who = one.data?.name ?? one.data?.phone ?? t('inbox.unnamed')
  return (
    <AskDialog
      title={who}
      submit={t('inbox.answer')}
      change={answer}
      ready={text.trim() !== ''}
      onClose={onClose}
      onSubmit={() => answer.mutate(undefined, { onSuccess: onClose })}
    >
      <QueryView query={one} loading={<Loading lines={3} height={40} />}>
        {({ items }) => (
          <Stack gap="xs" mah="40vh" style={{ overflowY: 'auto' }}>
            {items.map((item) => (
              <Said key={item.id} item={item} who={who} />
            ))}
          </Stack>
        )}
      </QueryView>
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          loading={take.isPending}
          onClick={() => take.mutate(undefined, { onError: refused })}
        >
          {t('inbox.take')}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          loading={close.isPending}
          onClick={() => close.mutate(undefined, { onSuccess: onClose, onError: refused })}
        >
          {t('inbox.close')}
        </Button>
      </Group>
      <Textarea
        label={t('inbox.text')}
        required
        data-autofocus
        autosize
        minRows={3}
        maxLength={4000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
