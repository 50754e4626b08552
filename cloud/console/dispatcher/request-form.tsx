import { Alert, Button, Group, SegmentedControl, Stack, Text, Textarea, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPhoneCall, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Note } from '../design/note.tsx'
import { Columns, Panel, Quiet } from '../design/page.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { CardLines } from './card-lines.tsx'
import { FreeMechanics } from './free-mechanics.tsx'
import { MachinePanel, WarrantyWord } from './machine-panel.tsx'
import { NewClient, NewMachine } from './new-party.tsx'
import { type Client, DISPATCHER, type Machine, textOf, useClient, useFound, useMachine } from './queries.ts'
import classes from './request-form.module.css'

type Done = { readonly card: string; readonly no: number; readonly stageTitle: string }
const KINDS = ['repair', 'maintenance', 'supply'] as const
type Kind = (typeof KINDS)[number]

/** The form of a call: fills itself by whatever the caller says, and starts the right process with what is known. */
export function RequestForm(props: {
  /** The card of a ringing call; absent: the dispatcher began himself. */
  readonly card: string | null
  readonly phone: string
  readonly onTouched?: () => void
  readonly onDone: (done: Done) => void
}): ReactNode {
  const { card, phone, onTouched, onDone } = props
  const { t } = useWords()
  const [typed, setTyped] = useState(phone)
  const [q] = useDebouncedValue(typed, 250)
  const found = useFound(q)
  const [client, setClient] = useState<Client | null>(null)
  const [serial, setSerial] = useState<string | null>(null)
  const [kind, setKind] = useState<Kind>('repair')
  const [need, setNeed] = useState('')
  const own = useClient(client?.id ?? null)
  const machine = useMachine(serial)
  const machines: readonly Machine[] = client === null ? (found.data?.machines ?? []) : (own.data?.machines ?? [])

  // One found is the one: a known number needs no click at all.
  const only = found.data?.clients.length === 1 ? found.data.clients[0] : undefined
  useEffect(() => {
    if (client === null && only !== undefined) setClient(only)
  }, [client, only])
  const sole = machines.length === 1 ? machines[0]?.serial : undefined
  useEffect(() => {
    if (serial === null && sole !== undefined) setSerial(sole)
  }, [serial, sole])

  const number = textOf(client?.fields ?? {}, 'phone') || (found.data?.phone ?? phone)
  const send = useChange(
    () =>
      kind === 'supply'
        ? post<{ id: string; no: number; stageTitle: string }>('/cards', {
            pipeline: 'supply',
            fields: {
              name: textOf(client?.fields ?? {}, 'name'),
              phone: number,
              need: need.trim(),
              client: client?.id ?? null,
            },
          }).then(({ id, no, stageTitle }) => ({ card: id, no, stageTitle }))
        : post<Done>('/dispatcher/requests', {
            ...(card === null ? {} : { card }),
            phone: number,
            client: client?.id,
            machine: serial,
            requestKind: kind,
            need: need.trim(),
          }),
    { touches: [DISPATCHER, 'cards', 'tasks'] },
  )
  const lacks = [
    ...(client === null ? [t('dispatcher.client')] : []),
    ...(kind !== 'supply' && serial === null ? [t('dispatcher.machine')] : []),
    ...(need.trim().length < 3 ? [t('dispatcher.need')] : []),
  ]
  const scenario = kind === 'supply' ? null : (machine.data?.scenarios[kind] ?? null)
  const clear = (): void => {
    setClient(null)
    setSerial(null)
    setTyped('')
  }
  return (
    <Columns
      main={
        <>
          <Panel title={t('dispatcher.who')}>
            <Stack gap="sm">
              {card !== null && (
                <Note tone="accent" icon={<IconPhoneCall size={18} />} testId="ringing">
                  {t('dispatcher.ringing', { phone: phoneWords(phone) })}
                </Note>
              )}
              <TextInput
                label={t('dispatcher.search')}
                description={t('dispatcher.searchBy')}
                leftSection={<IconSearch size={16} />}
                value={typed}
                onChange={(event) => {
                  setTyped(event.currentTarget.value)
                  onTouched?.()
                }}
              />
              {client === null ? (
                <>
                  {found.data?.clients.map((one) => (
                    <UnstyledButton key={one.id} className={classes['choice'] ?? ''} onClick={() => setClient(one)}>
                      <Text fw={550}>{textOf(one.fields, 'name')}</Text>
                      <Text size="sm" className="quiet">
                        {[phoneWords(textOf(one.fields, 'phone')), textOf(one.fields, 'inn')]
                          .filter((part) => part !== '')
                          .join(', ')}
                      </Text>
                    </UnstyledButton>
                  ))}
                  {found.data !== undefined && found.data.clients.length === 0 && (
                    <>
                      <Quiet>{t('dispatcher.nobody')}</Quiet>
                      <NewClient phone={found.data.phone ?? phone} onMade={setClient} />
                    </>
                  )}
                </>
              ) : (
                <div className={classes['chosen']}>
                  <div>
                    <Text fw={600} data-testid="client">
                      {textOf(client.fields, 'name')}
                    </Text>
                    <Text size="sm" className="quiet">
                      {[phoneWords(textOf(client.fields, 'phone')), textOf(client.fields, 'inn')]
                        .filter((part) => part !== '')
                        .join(', ')}
                    </Text>
                    <Text size="sm">
                      {t(client.fields['checkedOn'] === undefined ? 'dispatcher.notChecked' : 'dispatcher.checked')}
                    </Text>
                  </div>
                  <Button size="compact-sm" variant="default" onClick={clear} style={{ flex: 'none' }}>
                    {t('dispatcher.other')}
                  </Button>
                </div>
              )}
            </Stack>
          </Panel>
          {(client !== null || machines.length > 0) && kind !== 'supply' && (
            <Panel title={t('dispatcher.which')}>
              <Stack gap="sm">
                {machines.map((one) => (
                  <UnstyledButton
                    key={one.serial}
                    className={classes['choice'] ?? ''}
                    aria-pressed={one.serial === serial}
                    onClick={() => setSerial(one.serial)}
                  >
                    <Group justify="space-between" gap="xs">
                      <Text fw={550}>{one.serial}</Text>
                      <WarrantyWord warranty={one.warranty} />
                    </Group>
                    <Text size="sm" className="quiet">
                      {[textOf(one.fields, 'factory'), textOf(one.fields, 'model'), textOf(one.fields, 'buyer')]
                        .filter((part) => part !== '')
                        .join(', ')}
                    </Text>
                  </UnstyledButton>
                ))}
                {machines.length === 0 && <Quiet>{t('dispatcher.noMachines')}</Quiet>}
                <NewMachine buyer={textOf(client?.fields ?? {}, 'name')} onMade={setSerial} />
              </Stack>
            </Panel>
          )}
          <Panel title={t('dispatcher.what')}>
            <Stack gap="sm">
              <SegmentedControl
                aria-label={t('dispatcher.what')}
                data={KINDS.map((one) => ({ value: one, label: t(`dispatcher.kinds.${one}`) }))}
                value={kind}
                onChange={(value) => setKind(KINDS.find((one) => one === value) ?? 'repair')}
              />
              <Textarea
                label={t('dispatcher.need')}
                required
                autosize
                minRows={2}
                maxLength={1000}
                value={need}
                onChange={(event) => {
                  setNeed(event.currentTarget.value)
                  onTouched?.()
                }}
              />
              {kind !== 'supply' && serial !== null && (
                <Text size="sm" data-testid="scenario">
                  {scenario === null ? t('dispatcher.scenarioUnknown') : t(`dispatcher.scenarios.${scenario}`)}
                </Text>
              )}
              {send.isError && (
                <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
                  {refusalWords(send.error, t)}
                </Alert>
              )}
              <Group gap="sm">
                <Button
                  disabled={lacks.length > 0}
                  loading={send.isPending}
                  onClick={() => send.mutate(undefined, { onSuccess: onDone })}
                >
                  {t(`dispatcher.start.${kind}`)}
                </Button>
                {lacks.length > 0 && (
                  <Text size="sm" className="quiet">
                    {t('dispatcher.lacks', { what: lacks.join(', ').toLowerCase() })}
                  </Text>
                )}
              </Group>
            </Stack>
          </Panel>
        </>
      }
      side={
        <>
          {serial !== null && kind !== 'supply' && <MachinePanel key={serial} serial={serial} />}
          {found.data !== undefined && found.data.cards.length > 0 && (
            <Panel title={t('dispatcher.found')}>
              <CardLines cards={found.data.cards} />
            </Panel>
          )}
          <FreeMechanics />
        </>
      }
    />
  )
}
