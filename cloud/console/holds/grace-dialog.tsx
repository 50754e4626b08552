import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { serverNow } from '../api/server-clock.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useGiveGrace } from './hold-mutations.ts'

const HOURS = [1, 2, 4, 8, 12, 24, 48, 72]

/** Permits starts for some hours although holds stand. */
export function GraceDialog({
  vehicle,
  onClose,
}: {
  readonly vehicle: Vehicle
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const grace = useGiveGrace(vehicle.id)
  const [hours, setHours] = useState(2)
  const [note, setNote] = useState('')
  const send = (): void => {
    // A little before the full hours: our clock and the server's never quite agree, and 72 is the most.
    const until = new Date(serverNow() + hours * 3_600_000 - 10_000).toISOString()
    grace.mutate({ until, note: note.trim() }, { onSuccess: onClose })
  }
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={t('grace.title', { plate: plateWords(vehicle.plate) })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <Text>{t('grace.lead')}</Text>
        <NativeSelect
          label={t('grace.length')}
          data-autofocus
          data={HOURS.map((count) => ({ value: String(count), label: t('grace.hours', { count }) }))}
          value={String(hours)}
          onChange={(event) => setHours(Number(event.currentTarget.value))}
        />
        <Textarea
          label={t('hold.note')}
          autosize
          minRows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {grace.isError && (
          <Alert color="red" role="alert">
            {problemWords(grace.error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button loading={grace.isPending} disabled={note.trim() === ''} onClick={send}>
            {t('grace.give')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
