import { ActionIcon, Button, Group, NativeSelect, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { patch, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Lease, LeasePlan } from '../api/leasing.ts'
import { serverNow } from '../api/server-clock.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { MoneyInput } from '../design/money-input.tsx'
import { DriverSelect } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { moscowDay } from '../language/moment.ts'
import { plateWords } from '../vehicles/plate.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { draftOf, isComplete, type LeaseDraft, termsOf } from './lease-draft.ts'
import { LEASES, leasePath, SHIFTS } from './lease-queries.ts'

const PLANS: readonly LeasePlan[] = ['rent', 'lease', 'buyout']
const PAYERS = ['main', 'shift'] as const

type Part = { readonly draft: LeaseDraft; readonly set: (change: Partial<LeaseDraft>) => void }

function Drivers({ draft, set, lease }: Part & { readonly lease: Lease | null }): ReactNode {
  const { t } = useWords()
  const write = (at: number, id: string | null): void =>
    set({ drivers: draft.drivers.map((one, index) => (index === at ? id : one)) })
  return (
    <Stack gap="xs">
      {draft.drivers.map((id, index) => {
        const number = index + 1
        const label =
          index === 0 ? `${t('lease.driver', { number })} (${t('lease.main')})` : t('lease.driver', { number })
        const known = lease?.drivers.find((driver) => driver.id === id)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <Group key={index} gap="xs" wrap="nowrap" align="flex-end">
            <div style={{ flex: 1, minWidth: 0 }}>
              {known === undefined ? (
                <DriverSelect
                  label={label}
                  chosen={id}
                  onChoose={(chosen) => write(index, chosen)}
                  without={draft.drivers.filter((one, at) => one !== null && at !== index).map(String)}
                />
              ) : (
                <TextInput label={label} readOnly value={known.name} />
              )}
            </div>
            {draft.drivers.length > 1 && (
              <ActionIcon
                variant="default"
                size={36}
                aria-label={t('lease.removeDriver', { number })}
                onClick={() => set({ drivers: draft.drivers.filter((_, at) => at !== index) })}
              >
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </Group>
        )
      })}
      {draft.drivers.length < 6 && (
        <Button
          variant="subtle"
          size="compact-sm"
          style={{ alignSelf: 'flex-start' }}
          leftSection={<IconPlus size={14} />}
          onClick={() => set({ drivers: [...draft.drivers, null] })}
        >
          {t('lease.addDriver')}
        </Button>
      )}
    </Stack>
  )
}

function ScheduleFields({ draft, set }: Part): ReactNode {
  const { t } = useWords()
  const first = draft.rates[0] ?? null
  const same = draft.rates.every((rate) => rate === first) ? first : null
  return (
    <Stack gap="xs">
      <MoneyInput
        label={t('lease.sameRate')}
        kopecks={same}
        onKopecks={(kopecks) => set({ rates: draft.rates.map(() => kopecks) })}
      />
      <Text size="sm" fw={500}>
        {t('lease.schedule')}
      </Text>
      <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="xs">
        {draft.rates.map((rate, day) => (
          <MoneyInput
            // biome-ignore lint/suspicious/noArrayIndexKey: a day of the week is its place
            key={day}
            label={t(`lease.weekdays.d${day}`)}
            kopecks={rate}
            onKopecks={(kopecks) => set({ rates: draft.rates.map((one, at) => (at === day ? kopecks : one)) })}
          />
        ))}
      </SimpleGrid>
      <Group grow align="flex-end">
        <TextInput
          label={t('lease.chargeAt')}
          type="time"
          value={draft.chargeAt}
          onChange={(event) => set({ chargeAt: event.currentTarget.value })}
        />
        <NativeSelect
          label={t('lease.payer')}
          data={PAYERS.map((one) => ({ value: one, label: t(`lease.payers.${one}`) }))}
          value={draft.payer}
          onChange={(event) => set({ payer: event.currentTarget.value === 'shift' ? 'shift' : 'main' })}
        />
      </Group>
      <TextInput
        label={t('lease.freeDays')}
        description={t('lease.freeDaysHint')}
        value={draft.freeDays}
        onChange={(event) => set({ freeDays: event.currentTarget.value })}
      />
    </Stack>
  )
}

function Buyout({ draft, set }: Part): ReactNode {
  const { t } = useWords()
  if (draft.plan !== 'buyout') return null
  return (
    <>
      <MoneyInput
        label={t('lease.price')}
        kopecks={draft.priceKopecks}
        onKopecks={(priceKopecks) => set({ priceKopecks })}
      />
      <Group grow align="flex-end">
        <MoneyInput
          label={t('lease.initial')}
          kopecks={draft.initialKopecks}
          onKopecks={(initialKopecks) => set({ initialKopecks })}
        />
        <MoneyInput
          label={t('lease.share')}
          kopecks={draft.shareKopecks}
          onKopecks={(shareKopecks) => set({ shareKopecks })}
        />
      </Group>
    </>
  )
}

/** A new draft, or other terms of a lease that has not ended. */
export function LeaseForm(props: {
  readonly lease: Lease | null
  readonly onClose: () => void
  readonly onSaved?: (lease: Lease) => void
}): ReactNode {
  const { lease, onClose, onSaved } = props
  const { t } = useWords()
  const [draft, setDraft] = useState(() => draftOf(lease, moscowDay(serverNow())))
  const set = (change: Partial<LeaseDraft>): void => setDraft({ ...draft, ...change })
  const save = useChange(
    () =>
      lease === null
        ? post<Lease>('/leases', { ...termsOf(draft, null), vehicleId: draft.vehicleId })
        : patch<Lease>(leasePath(lease.id), { ...termsOf(draft, lease), version: lease.version }),
    { touches: [LEASES, SHIFTS], done: t('lease.saved') },
  )
  return (
    <AskDialog
      title={t(lease === null ? 'lease.add' : 'lease.edit')}
      submit={t(lease === null ? 'lease.create' : 'lease.save')}
      size="lg"
      change={save}
      ready={isComplete(draft)}
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
      {lease === null ? (
        <VehicleSelect
          label={t('lease.vehicle')}
          autoFocus
          chosen={draft.vehicleId}
          onChoose={(vehicleId) => set({ vehicleId })}
        />
      ) : (
        <TextInput label={t('lease.vehicle')} readOnly value={plateWords(lease.vehicle.plate)} />
      )}
      <Drivers draft={draft} set={set} lease={lease} />
      <NativeSelect
        label={t('lease.plan')}
        data={PLANS.map((one) => ({ value: one, label: t(`lease.plans.${one}`) }))}
        value={draft.plan}
        onChange={(event) => set({ plan: PLANS.find((one) => one === event.currentTarget.value) ?? 'rent' })}
      />
      <Group grow>
        <TextInput
          label={t('lease.startsOn')}
          type="date"
          value={draft.startsOn}
          onChange={(event) => set({ startsOn: event.currentTarget.value })}
        />
        <TextInput
          label={t('lease.endsOn')}
          type="date"
          value={draft.endsOn}
          onChange={(event) => set({ endsOn: event.currentTarget.value })}
        />
      </Group>
      <ScheduleFields draft={draft} set={set} />
      <Buyout draft={draft} set={set} />
      <Group grow align="flex-end">
        <MoneyInput
          label={t('lease.deposit')}
          kopecks={draft.depositKopecks}
          onKopecks={(depositKopecks) => set({ depositKopecks })}
        />
        <MoneyInput
          label={t('lease.marketValue')}
          kopecks={draft.marketValueKopecks}
          onKopecks={(marketValueKopecks) => set({ marketValueKopecks })}
        />
      </Group>
      <Textarea
        label={t('lease.note')}
        maxLength={2000}
        value={draft.note}
        onChange={(event) => set({ note: event.currentTarget.value })}
      />
    </AskDialog>
  )
}
