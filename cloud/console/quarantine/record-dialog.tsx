import { Alert, Button, Checkbox, Code, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Quarantined, WholeQuarantined } from '../api/quarantined.ts'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { reasonWords } from './reason-words.ts'

export const QUARANTINE = 'quarantine'
export type Scope = 'one' | 'alike'
const IN_A_LINE = 32

/** Two digits a byte, sixteen bytes a line. */
const hexLines = (hex: string): string =>
  (hex.match(new RegExp(`.{1,${IN_A_LINE}}`, 'g')) ?? []).map((line) => line.replace(/(..)(?=.)/g, '$1 ')).join('\n')

/** The bytes of one of them, and what can be done with it. */
export function RecordDialog(props: {
  readonly of: Quarantined
  readonly mayChange: boolean
  readonly onThrow: (scope: Scope) => void
  readonly onClose: () => void
}): ReactNode {
  const { of, mayChange, onThrow, onClose } = props
  const { t } = useWords()
  const whole = useQuery({
    queryKey: [QUARANTINE, 'one', of.id],
    queryFn: ({ signal }) => get<WholeQuarantined>(`/quarantine/${of.id}`, signal),
  })
  const [scope, setScope] = useState<Scope>('one')
  const again = useChange(() => post<{ stored: number }>(`/quarantine/${of.id}/retry?scope=${scope}`, {}), {
    touches: [QUARANTINE],
  })
  const read = (): void =>
    again.mutate(undefined, {
      onSuccess: ({ stored }) => {
        notifications.show({ color: 'ink', message: t('quarantine.taken', { count: stored }) })
        onClose()
      },
    })
  return (
    <Modal
      opened
      centered
      size="lg"
      title={t('quarantine.record')}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <div>
          <Text size="sm">{reasonWords(of.reason, t)}</Text>
          <Text size="sm" className="quiet">
            {t('quarantine.asCame')} <Code>{of.reason}</Code>
          </Text>
        </div>
        <QueryView query={whole} loading={<Loading lines={3} height={24} />}>
          {({ text, hex }) => (
            <div>
              <Text size="sm" className="quiet">
                {t(text === null ? 'quarantine.asBytes' : 'quarantine.asText')}
              </Text>
              <Code block mah={320} style={{ overflow: 'auto', whiteSpace: 'pre-wrap', wordBreak: 'break-all' }}>
                {text ?? hexLines(hex)}
              </Code>
            </div>
          )}
        </QueryView>
        {again.isError && (
          <Alert color="red" role="alert">
            {refusalWords(again.error, t)}
          </Alert>
        )}
        {mayChange && of.alike.count > 1 && (
          <Checkbox
            label={t('quarantine.allAlike', { count: of.alike.count })}
            checked={scope === 'alike'}
            onChange={(event) => setScope(event.currentTarget.checked ? 'alike' : 'one')}
          />
        )}
        {mayChange && (
          <Group justify="flex-end">
            <Button variant="default" color="red" onClick={() => onThrow(scope)}>
              {t('quarantine.throwAway')}
            </Button>
            <Button loading={again.isPending} onClick={read}>
              {t('quarantine.again')}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
