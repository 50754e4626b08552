import { ActionIcon, Button, Checkbox, Group, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { patch, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Driver } from '../api/leasing.ts'
import { Problem } from '../api/problem.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import {
  bodyOf,
  CHANNELS,
  CONSENTS,
  changesOf,
  type DriverDraft,
  draftOf,
  isComplete,
  LEGAL_FORMS,
  OWN_STATES,
} from './driver-draft.ts'
import { DRIVERS, driverPath } from './driver-queries.ts'

type Part = { readonly draft: DriverDraft; readonly set: (change: Partial<DriverDraft>) => void }

function Phones({ draft, set }: Part): ReactNode {
  const { t } = useWords()
  const write = (index: number, phone: string): void =>
    set({ phones: draft.phones.map((one, at) => (at === index ? phone : one)) })
  return (
    <Stack gap="xs">
      {draft.phones.map((phone, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place, and only the last one can go
        <Group key={index} gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            label={index === 0 ? `${t('driver.phone')} (${t('driver.mainPhone')})` : t('driver.phone')}
            type="tel"
            style={{ flex: 1 }}
            maxLength={40}
            value={phone}
            onChange={(event) => write(index, event.currentTarget.value)}
          />
          {draft.phones.length > 1 && (
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('driver.removePhone', { phone })}
              onClick={() => set({ phones: draft.phones.filter((_, at) => at !== index) })}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        style={{ alignSelf: 'flex-start' }}
        leftSection={<IconPlus size={14} />}
        onClick={() => set({ phones: [...draft.phones, ''] })}
      >
        {t('driver.addPhone')}
      </Button>
    </Stack>
  )
}

function Channels({ draft, set }: Part): ReactNode {
  const { t } = useWords()
  const of = (name: (typeof CHANNELS)[number]) =>
    draft.channels.find(({ channel }) => channel === name) ?? {
      channel: name,
      address: '',
      consent: 'not-asked' as const,
    }
  const write = (changed: DriverDraft['channels'][number]): void =>
    set({ channels: [...draft.channels.filter(({ channel }) => channel !== changed.channel), changed] })
  return (
    <Stack gap="xs">
      {CHANNELS.map((name) => {
        const channel = of(name)
        return (
          <Group key={name} gap="xs" wrap="nowrap" align="flex-end">
            <TextInput
              label={t(`driver.channel.${name}`)}
              placeholder={t('driver.address')}
              style={{ flex: 1, minWidth: 0 }}
              maxLength={200}
              value={channel.address}
              onChange={(event) => write({ ...channel, address: event.currentTarget.value })}
            />
            <NativeSelect
              aria-label={`${t(`driver.channel.${name}`)}: ${t('driver.consent')}`}
              w={150}
              data={CONSENTS.map((one) => ({ value: one, label: t(`driver.consents.${one}`) }))}
              value={channel.consent}
              onChange={(event) =>
                write({ ...channel, consent: CONSENTS.find((one) => one === event.currentTarget.value) ?? 'not-asked' })
              }
            />
          </Group>
        )
      })}
    </Stack>
  )
}

function Names({ draft, set }: Part): ReactNode {
  const { t } = useWords()
  return (
    <>
      <TextInput
        label={t('driver.family')}
        data-autofocus
        required
        maxLength={60}
        value={draft.familyName}
        onChange={(event) => set({ familyName: event.currentTarget.value })}
      />
      <Group grow align="flex-end">
        <TextInput
          label={t('driver.given')}
          required
          maxLength={60}
          value={draft.givenName}
          onChange={(event) => set({ givenName: event.currentTarget.value })}
        />
        <TextInput
          label={t('driver.patronymic')}
          maxLength={60}
          value={draft.patronymic}
          onChange={(event) => set({ patronymic: event.currentTarget.value })}
        />
      </Group>
      <Group grow>
        <NativeSelect
          label={t('driver.form')}
          data={LEGAL_FORMS.map((one) => ({ value: one, label: t(`driver.forms.${one}`) }))}
          value={draft.legalForm}
          onChange={(event) =>
            set({ legalForm: LEGAL_FORMS.find((one) => one === event.currentTarget.value) ?? draft.legalForm })
          }
        />
        <NativeSelect
          label={t('driver.state')}
          data={OWN_STATES.map((one) => ({ value: one, label: t(`driver.states.${one}`) }))}
          value={draft.state}
          onChange={(event) =>
            set({ state: OWN_STATES.find((one) => one === event.currentTarget.value) ?? draft.state })
          }
        />
      </Group>
    </>
  )
}

/** A new card, or a change of one; a phone that somebody else has is asked about before it is kept. */
export function DriverForm(props: {
  readonly driver: Driver | null
  readonly onClose: () => void
  readonly onSaved?: (driver: Driver) => void
}): ReactNode {
  const { driver, onClose, onSaved } = props
  const { t } = useWords()
  const [draft, setDraft] = useState(() => draftOf(driver))
  const [evenIfKnown, setEvenIfKnown] = useState(false)
  const set = (change: Partial<DriverDraft>): void => setDraft({ ...draft, ...change })
  const save = useChange(
    () =>
      driver === null
        ? post<Driver>('/drivers', { ...bodyOf(draft), evenIfKnown })
        : patch<Driver>(driverPath(driver.id), { ...changesOf(driver, draft), version: driver.version, evenIfKnown }),
    { touches: [DRIVERS], done: t('driver.saved') },
  )
  const isKnown = save.error instanceof Problem && save.error.facts.code === 'driver/known-phone'
  return (
    <AskDialog
      title={t(driver === null ? 'driver.addTitle' : 'driver.editTitle')}
      submit={t('driver.save')}
      change={save}
      ready={driver === null ? isComplete(draft) : draft.familyName.trim() !== '' && draft.givenName.trim() !== ''}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(undefined, {
          onSuccess: (saved) => {
            onClose()
            onSaved?.(saved)
          },
        })
      }
    >
      <Names draft={draft} set={set} />
      <Phones draft={draft} set={set} />
      <Channels draft={draft} set={set} />
      <Group grow align="flex-end">
        <TextInput
          label={t('driver.refSource')}
          maxLength={80}
          value={draft.refSource}
          onChange={(event) => set({ refSource: event.currentTarget.value })}
        />
        <TextInput
          label={t('driver.refId')}
          maxLength={120}
          value={draft.refId}
          onChange={(event) => set({ refId: event.currentTarget.value })}
        />
      </Group>
      <Textarea
        label={t('driver.note')}
        autosize
        minRows={2}
        maxLength={2000}
        value={draft.note}
        onChange={(event) => set({ note: event.currentTarget.value })}
      />
      {isKnown && (
        <Checkbox
          label={t('driver.evenIfKnown')}
          checked={evenIfKnown}
          onChange={(event) => setEvenIfKnown(event.currentTarget.checked)}
        />
      )}
    </AskDialog>
  )
}
