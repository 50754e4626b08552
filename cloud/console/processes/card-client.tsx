import { Button, Code, Group, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post, remove } from '../api/api-client.ts'
import type { Card } from '../api/process.ts'
import type { User } from '../api/session.ts'
import { CopyWord } from '../design/copy-word.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { mayLinkClients } from '../session/rights.ts'
import { cardPath } from './process-queries.ts'

/** The personal page of the client of a card: its address for whoever may give it, shown once; and its end. */
export function CardClient({ card, user }: { readonly card: Card; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [state, setState] = useState<{ readonly url?: string; readonly closed?: number }>({})
  const path = `${cardPath(card.id)}/client-link`
  const give = useMutation({
    mutationFn: () => post<{ readonly url: string }>(path, {}),
    onSuccess: ({ url }) => setState({ url }),
  })
  const close = useMutation({
    mutationFn: () => remove<{ readonly closed: number }>(path),
    onSuccess: ({ closed }) => setState({ closed }),
  })
  const failed = give.error ?? close.error
  const client = card.fields['client']
  if (typeof client !== 'string' || client === '' || !card.work || !mayLinkClients(user)) return null
  return (
    <Panel title={t('process.client.title')}>
      <Quiet>{t('process.client.what')}</Quiet>
      {state.url !== undefined && (
        <div>
          <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {state.url}
          </Code>
          <CopyWord value={state.url} />
        </div>
      )}
      {state.closed !== undefined && <Text size="sm">{t('process.client.closed', { count: state.closed })}</Text>}
      {failed !== null && (
        <Text size="sm" c="red" role="alert">
          {refusalWords(failed, t)}
        </Text>
      )}
      <Group gap="xs" mt="sm">
        <Button size="xs" variant="default" loading={give.isPending} onClick={() => give.mutate()}>
          {t('process.client.give')}
        </Button>
        <Button size="xs" variant="subtle" color="red" loading={close.isPending} onClick={() => close.mutate()}>
          {t('process.client.close')}
        </Button>
      </Group>
    </Panel>
  )
}
