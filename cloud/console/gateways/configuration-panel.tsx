import { Button, Group, List, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, put } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Gateway } from '../api/gateway.ts'
import type { Document, GatewayConfiguration, WantedConfiguration } from '../api/gateway-configuration.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords, wordOr } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { differing, wishOf } from './configuration-wish.ts'

const KEY = 'gateway-configuration'
const REREAD_MS = 5000
const pathOf = (id: string): string => `/gateways/${encodeURIComponent(id)}/configuration`

type Draft = { readonly document: Document; readonly note: string }

/** A next version: shown whole before it goes, since the gateway applies it whole or not at all. */
function SendDialog(props: {
  readonly id: string
  readonly seen: GatewayConfiguration
  readonly draft: Draft
  readonly onClose: () => void
}): ReactNode {
  const { id, seen, draft, onClose } = props
  const { t } = useWords()
  const [text, setText] = useState(() => JSON.stringify(wishOf(draft.document), null, 2))
  const [note, setNote] = useState(draft.note)
  const [wrong, setWrong] = useState('')
  const change = useChange((body: object) => put<GatewayConfiguration>(pathOf(id), body), {
    touches: [KEY],
    done: t('configuration.sent'),
  })
  const send = (): void => {
    try {
      const document: unknown = JSON.parse(text)
      const reconciles = seen.reported?.overrideHash ?? null
      change.mutate({ document, note, reconciles, baseVersion: seen.desired?.version ?? null }, { onSuccess: onClose })
    } catch (cause) {
      setWrong(t('configuration.notJson', { cause: String(cause) }))
    }
  }
  return (
    <AskDialog
      title={t('configuration.title', { id })}
      submit={t('configuration.send')}
      size="xl"
      change={change}
      onSubmit={send}
      onClose={onClose}
    >
      {seen.reported?.overrideHash != null && <Text c="red">{t('configuration.replaces')}</Text>}
      <Textarea
        label={t('configuration.document')}
        value={text}
        error={wrong}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setWrong('')
        }}
        autosize
        minRows={8}
        maxRows={20}
        styles={{ input: { fontFamily: 'monospace' } }}
      />
      <TextInput
        label={t('configuration.note')}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

function Versions(props: { readonly id: string; readonly onBack: (draft: Draft) => void }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const path = `${pathOf(props.id)}/versions?limit=20`
  const found = useQuery({
    queryKey: [KEY, props.id, 'versions'],
    queryFn: ({ signal }) => get<{ items: readonly WantedConfiguration[] }>(path, signal),
  })
  return (
    <QueryView query={found} loading={<Loading lines={2} height={24} />}>
      {({ items: [_newest, ...earlier] }) =>
        earlier.length > 0 && (
          <DataTable
            bare
            label={t('configuration.versions')}
            rows={earlier}
            keyOf={({ version }) => String(version)}
            columns={[
              { word: t('configuration.columns.version'), cell: ({ version }) => version },
              {
                word: t('configuration.columns.by'),
                cell: ({ by, at }) => t('configuration.byAt', { by, at: sinceWords(Date.parse(at), now, language) }),
              },
              { word: t('configuration.columns.note'), cell: ({ note }) => note },
              {
                word: '',
                cell: ({ version, document }) => (
                  <Button
                    size="compact-sm"
                    variant="light"
                    aria-label={t('configuration.backTo', { version })}
                    onClick={() => props.onBack({ document, note: t('configuration.backNote', { version }) })}
                  >
                    {t('configuration.goBack')}
                  </Button>
                ),
              },
            ]}
          />
        )
      }
    </QueryView>
  )
}

function Standing({ desired, reported, standing }: GatewayConfiguration): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  const theirs = reported?.document ?? null
  const keys = desired === null || theirs === null ? [] : differing(desired.document, theirs)
  return (
    <>
      <Text fw={600} data-testid="configuration-standing">
        {t(`configuration.standing.${standing}`, { version: desired?.version ?? 0 })}
      </Text>
      <Facts
        facts={[
          ...(desired === null
            ? []
            : [
                {
                  word: t('configuration.wanted'),
                  value: t('configuration.version', { version: desired.version }),
                  note: [t('configuration.byAt', { by: desired.by, at: at(desired.at) }), desired.note]
                    .filter((one) => one !== '')
                    .join(': '),
                },
              ]),
          {
            word: t('configuration.inForce'),
            value:
              reported === null
                ? t('configuration.unheard')
                : `${t('configuration.version', { version: reported.applied.version })}, ${t(
                    reported.applied.source === 'cloud' ? 'configuration.fromCloud' : 'configuration.fromTechnician',
                  )}`,
            note: reported === null ? '' : t('configuration.told', { at: at(reported.at) }),
          },
        ]}
      />
      {standing === 'waiting' && reported?.waitingFor != null && (
        <Text size="sm">{wordOr(t, 'configuration.waits', reported.waitingFor, { reason: reported.waitingFor })}</Text>
      )}
      {reported !== null && reported.errors.length > 0 && (
        <div>
          <Text size="sm">{t('configuration.wrong')}</Text>
          <List size="sm">
            {reported.errors.map((error) => (
              <List.Item key={error}>{error}</List.Item>
            ))}
          </List>
        </div>
      )}
      {keys.length > 0 && <Text size="sm">{t('configuration.differs', { keys: keys.join(', ') })}</Text>}
    </>
  )
}

/** What is wanted of a gateway and what it says it works with; a next version, an earlier one again, the technician's. */
export function ConfigurationPanel(props: { readonly gateway: Gateway; readonly onClose: () => void }): ReactNode {
  const { gateway, onClose } = props
  const { t } = useWords()
  const [draft, setDraft] = useState<Draft | null>(null)
  const found = useQuery({
    queryKey: [KEY, gateway.id],
    queryFn: ({ signal }) => get<GatewayConfiguration>(pathOf(gateway.id), signal),
    refetchInterval: REREAD_MS,
  })
  const seen = found.data
  if (draft !== null && seen !== undefined)
    return <SendDialog id={gateway.id} seen={seen} draft={draft} onClose={() => setDraft(null)} />
  const theirs = seen?.standing === 'local-override' ? (seen.reported?.document ?? null) : null
  const present = seen?.desired?.document ?? seen?.reported?.document ?? null
  return (
    <Modal
      opened
      centered
      size="lg"
      title={t('configuration.title', { id: gateway.id })}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <QueryView query={found} loading={<Loading lines={3} height={24} />}>
          {(told) => <Standing {...told} />}
        </QueryView>
        {seen?.desired != null && <Versions id={gateway.id} onBack={setDraft} />}
        {seen !== undefined && gateway.state !== 'revoked' && (
          <Group justify="flex-end">
            {theirs !== null && (
              <Button variant="default" onClick={() => setDraft({ document: theirs, note: '' })}>
                {t('configuration.adopt')}
              </Button>
            )}
            <Button onClick={() => setDraft({ document: present ?? {}, note: '' })}>{t('configuration.change')}</Button>
          </Group>
        )}
      </Stack>
    </Modal>
  )
}
