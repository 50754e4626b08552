import { Alert, Button, Code, Group, Stack, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { get, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Problem } from '../api/problem.ts'
import type { CardItem, Values } from '../api/process.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { type LogLine, recorded } from './recorded.ts'

/** Tries a version on events: written by hand, or those that happened to a card. Nothing is kept, nobody is told. */
export function PlayPanel({ version }: { readonly version: number }): ReactNode {
  const { t } = useWords()
  const [events, setEvents] = useState('')
  const [no, setNo] = useState('')
  const take = useChange(
    async () => {
      const found = await get<{ readonly items: readonly CardItem[] }>(
        `/cards?q=${encodeURIComponent(no.trim())}&state=all&sort=no&limit=20`,
      )
      const card = found.items.find((one) => String(one.no) === no.trim())
      if (card === undefined) throw new Error('card')
      const log = await get<{ readonly items: readonly LogLine[] }>(`/cards/${card.id}/log?limit=1000`)
      const values: Values = card.fields
      setEvents(recorded({ ...card, fields: values }, log.items))
    },
    { touches: [] },
  )
  const play = useChange(() => post<{ readonly lines: readonly string[] }>('/definitions/play', { version, events }), {
    touches: [],
  })
  const detail = play.error instanceof Problem ? (play.error.facts.detail ?? '') : ''
  return (
    <Panel title={t('definitions.try')}>
      <Stack gap="sm">
        <Quiet>{t('definitions.tryLead')}</Quiet>
        <Group gap="xs" align="flex-end">
          <TextInput
            label={t('definitions.cardNo')}
            inputMode="numeric"
            value={no}
            onChange={(event) => setNo(event.currentTarget.value)}
          />
          <Button
            variant="default"
            disabled={no.trim() === ''}
            loading={take.isPending}
            onClick={() => take.mutate(undefined)}
          >
            {t('definitions.take')}
          </Button>
        </Group>
        {take.isError && (
          <Alert color="red" role="alert">
            {take.error instanceof Problem ? refusalWords(take.error, t) : t('definitions.noCard', { no })}
          </Alert>
        )}
        <Textarea
          label={t('definitions.events')}
          autosize
          minRows={4}
          maxRows={14}
          spellCheck={false}
          placeholder='{"at":"2026-11-20T10:00:00+03:00","born":"a","pipeline":"call_centre","fields":{"phone":"+79161234567"}}'
          styles={{ input: { fontFamily: 'monospace', fontSize: '0.8125rem' } }}
          value={events}
          onChange={(event) => setEvents(event.currentTarget.value)}
        />
        <Group>
          <Button disabled={events.trim() === ''} loading={play.isPending} onClick={() => play.mutate(undefined)}>
            {t('definitions.play')}
          </Button>
        </Group>
        {play.isError && (
          <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
            {refusalWords(play.error, t)}
            {detail === '' ? '' : `\n${detail}`}
          </Alert>
        )}
        {play.data !== undefined && (
          <Code block data-testid="played" style={{ whiteSpace: 'pre-wrap' }}>
            {play.data.lines.length === 0 ? t('definitions.nothing') : play.data.lines.join('\n')}
          </Code>
        )}
      </Stack>
    </Panel>
  )
}
