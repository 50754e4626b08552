import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { Note } from '../design/note.tsx'
import { Page, Panel } from '../design/page.tsx'
import { Failed } from '../design/query-view.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { ageWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { onScreen } from '../live/screens.ts'
import { textOf, useCalls } from './queries.ts'
import { RequestForm } from './request-form.tsx'

type Done = { readonly card: string; readonly no: number; readonly stageTitle: string }

/** The dispatcher's window: calls that wait, and the form that fills itself. */
export function DispatcherPage(): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const [query, setQuery] = useSearchParams()
  const [done, setDone] = useState<Done | null>(null)
  const [touched, setTouched] = useState(false)
  const [fresh, setFresh] = useState(0)
  const calls = useCalls()
  const waiting = calls.data?.items ?? []
  const chosen = query.get('card')
  const ringing = waiting.find(({ id }) => id === chosen)
  const open = (card: string | null): void => {
    setTouched(false)
    setFresh((count) => count + 1)
    setQuery(card === null ? {} : { card })
  }
  const { refetch } = calls
  useEffect(
    () =>
      onScreen((screen) => {
        if (screen.open !== 'dispatcher_form') return
        void refetch().then(() => {
          // What is being typed stays; the new call waits in the list above.
          if (!touched) {
            setDone(null)
            setQuery({ card: screen.card })
          }
        })
      }),
    [refetch, touched, setQuery],
  )
  return (
    <Page
      title={t('dispatcher.title')}
      lead={t('dispatcher.lead')}
      actions={
        <Button variant="default" onClick={() => open(null)}>
          {t('dispatcher.empty')}
        </Button>
      }
    >
      <Stack gap="md">
        {done !== null && (
          <Note tone="good" icon={<IconCheck size={18} />} testId="done">
            {t('dispatcher.done', { no: done.no, stage: done.stageTitle })}{' '}
            <Anchor component={Link} href={`/processes/cards/${done.card}`}>
              {t('dispatcher.openCard')}
            </Anchor>
          </Note>
        )}
        {calls.data === undefined && calls.error !== null && (
          <Failed error={calls.error} retry={() => void refetch()} />
        )}
        {waiting.length > 0 && (
          <Panel title={t('dispatcher.calls', { count: waiting.length })}>
            <Group gap="xs" data-testid="calls">
              {waiting.map((call) => (
                <Button
                  key={call.id}
                  size="compact-md"
                  variant={call.id === chosen ? 'filled' : 'light'}
                  onClick={() => {
                    setDone(null)
                    open(call.id)
                  }}
                >
                  {phoneWords(textOf(call.fields, 'phone'))}
                  <Text size="xs" ml={6}>
                    {ageWords(now - Date.parse(call.enteredAt), language)}
                  </Text>
                </Button>
              ))}
            </Group>
          </Panel>
        )}
        <RequestForm
          key={`${ringing?.id ?? ''}:${fresh}`}
          card={ringing?.id ?? null}
          phone={ringing === undefined ? '' : textOf(ringing.fields, 'phone')}
          onTouched={() => setTouched(true)}
          onDone={(answer) => {
            setDone(answer)
            open(null)
            void refetch()
          }}
        />
      </Stack>
    </Page>
  )
}
