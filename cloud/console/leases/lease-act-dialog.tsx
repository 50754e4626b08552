import { Checkbox, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Lease, LeaseEvent } from '../api/leasing.ts'
import { Problem } from '../api/problem.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { plateWords } from '../vehicles/plate.ts'
import { FLEET } from '../vehicles/vehicle-queries.ts'
import { LEASES, leasePath, SHIFTS } from './lease-queries.ts'

const HEAVY: ReadonlySet<LeaseEvent> = new Set(['cancel', 'close'])
/** Where the car is left has to be known by the end. */
const NAMES_PARKING: ReadonlySet<LeaseEvent> = new Set(['return', 'close'])

/** One step of a lease: says what it brings, and shows why it was refused. */
export function LeaseActDialog(props: {
  readonly lease: Lease
  readonly event: LeaseEvent
  readonly onClose: () => void
}): ReactNode {
  const { lease, event, onClose } = props
  const { t } = useWords()
  const [note, setNote] = useState('')
  const [parking, setParking] = useState(lease.parking ?? '')
  const [despite, setDespite] = useState(false)
  const act = useChange(
    () =>
      post<Lease>(`${leasePath(lease.id)}/${event}`, {
        note: note.trim(),
        ...(NAMES_PARKING.has(event) && parking.trim() !== '' ? { parking: parking.trim() } : {}),
        ...(despite ? { despite: 'hindrances' } : {}),
      }),
    { touches: [LEASES, SHIFTS, FLEET[0], 'vehicle', 'timeline'], done: t('lease.acted') },
  )
  const isHindered = act.error instanceof Problem && act.error.facts.code === 'lease/not-to-issue'
  const blanks = { plate: plateWords(lease.vehicle.plate), number: lease.number }
  return (
    <AskDialog
      title={t(`lease.actTitle.${event}`, blanks)}
      submit={t(`lease.act.${event}`)}
      heavy={HEAVY.has(event)}
      change={act}
      ready={!NAMES_PARKING.has(event) || parking.trim() !== ''}
      onClose={onClose}
      onSubmit={() => act.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t(`lease.actLead.${event}`)}</Text>
      {NAMES_PARKING.has(event) && (
        <TextInput
          label={t('lease.parkingWhere')}
          data-autofocus
          required
          maxLength={120}
          value={parking}
          onChange={(change) => setParking(change.currentTarget.value)}
        />
      )}
      <Textarea
        label={t('lease.note')}
        maxLength={2000}
        value={note}
        onChange={(change) => setNote(change.currentTarget.value)}
      />
      {isHindered && event === 'close' && (
        <Checkbox
          label={t('lease.despite')}
          checked={despite}
          onChange={(change) => setDespite(change.currentTarget.checked)}
        />
      )}
    </AskDialog>
  )
}
