import { Alert, Button, Group, NumberInput, Stack, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { type Client, DISPATCHER } from './queries.ts'

/** A client nobody knows yet; whoever has this phone already is chosen instead. */
export function NewClient({
  phone,
  onMade,
}: {
  readonly phone: string
  readonly onMade: (client: Client) => void
}): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [number, setNumber] = useState(phone)
  const [inn, setInn] = useState('')
  const make = useChange(
    () =>
      post<{ readonly client: Client }>('/dispatcher/clients', {
        name: name.trim(),
        phone: number.trim(),
        ...(inn.trim() === '' ? {} : { inn: inn.trim() }),
      }),
    { touches: [DISPATCHER] },
  )
  const innIsRight = inn.trim() === '' || /^(\d{10}|\d{12})$/.test(inn.trim())
  return (
    <Stack gap="xs">
      <TextInput
        label={t('dispatcher.name')}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Group grow align="flex-start">
        <TextInput
          label={t('dispatcher.phone')}
          required
          type="tel"
          value={number}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
        <TextInput
          label={t('dispatcher.inn')}
          inputMode="numeric"
          value={inn}
          error={innIsRight ? undefined : t('dispatcher.wrongInn')}
          onChange={(event) => setInn(event.currentTarget.value)}
        />
      </Group>
      {make.isError && (
        <Alert color="red" role="alert">
          {refusalWords(make.error, t)}
        </Alert>
      )}
      <Group>
        <Button
          variant="light"
          disabled={name.trim().length < 2 || number.trim().length < 5 || !innIsRight}
          loading={make.isPending}
          onClick={() => make.mutate(undefined, { onSuccess: ({ client }) => onMade(client) })}
        >
          {t('dispatcher.addClient')}
        </Button>
      </Group>
    </Stack>
  )
}

/** A machine nobody knows yet; a known serial number is chosen as it is. */
export function NewMachine({
  buyer,
  onMade,
}: {
  readonly buyer: string
  readonly onMade: (serial: string) => void
}): ReactNode {
  const { t } = useWords()
  const [open, setOpen] = useState(false)
  const [serial, setSerial] = useState('')
  const [factory, setFactory] = useState('')
  const [model, setModel] = useState('')
  const [limit, setLimit] = useState<number | null>(null)
  const [hours, setHours] = useState<number | null>(null)
  const [until, setUntil] = useState('')
  const make = useChange(
    () =>
      post('/dispatcher/machines', {
        serial: serial.trim(),
        ...(factory.trim() === '' ? {} : { factory: factory.trim() }),
        ...(model.trim() === '' ? {} : { model: model.trim() }),
        ...(buyer === '' ? {} : { buyer }),
        ...(limit === null ? {} : { warrantyHours: limit }),
        ...(hours === null ? {} : { engineHours: hours }),
        ...(until === '' ? {} : { warrantyUntil: Date.parse(`${until}T00:00:00+03:00`) }),
      }),
    { touches: [DISPATCHER] },
  )
  if (!open)
    return (
      <Group>
        <Button size="compact-sm" variant="subtle" onClick={() => setOpen(true)}>
          {t('dispatcher.addMachine')}
        </Button>
      </Group>
    )
  const number = (label: string, value: number | null, set: (value: number | null) => void): ReactNode => (
    <NumberInput
      label={label}
      hideControls
      allowDecimal={false}
      allowNegative={false}
      value={value ?? ''}
      onChange={(next) => set(typeof next === 'number' ? next : null)}
    />
  )
  return (
    <Stack gap="xs">
      <Group grow>
        <TextInput
          label={t('dispatcher.serial')}
          required
          value={serial}
          onChange={(event) => setSerial(event.currentTarget.value)}
        />
        <TextInput
          label={t('dispatcher.factory')}
          value={factory}
          onChange={(event) => setFactory(event.currentTarget.value)}
        />
        <TextInput
          label={t('dispatcher.model')}
          value={model}
          onChange={(event) => setModel(event.currentTarget.value)}
        />
      </Group>
      <Group grow align="flex-end">
        {number(t('dispatcher.limit'), limit, setLimit)}
        {number(t('dispatcher.hours'), hours, setHours)}
        <TextInput
          label={t('dispatcher.until')}
          type="date"
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      </Group>
      {make.isError && (
        <Alert color="red" role="alert">
          {refusalWords(make.error, t)}
        </Alert>
      )}
      <Group>
        <Button
          variant="light"
          disabled={serial.trim() === ''}
          loading={make.isPending}
          onClick={() =>
            make.mutate(undefined, {
              onSuccess: () => {
                onMade(serial.trim())
                setOpen(false)
              },
            })
          }
        >
          {t('dispatcher.save')}
        </Button>
      </Group>
    </Stack>
  )
}
