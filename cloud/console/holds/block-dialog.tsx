import { Alert, Button, Checkbox, Group, Modal, NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { HoldReason } from '#contract/order.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { plateWords } from '../vehicles/plate.ts'
import { usePlaceHold } from './hold-mutations.ts'
import { confirmWords } from './hold-words.ts'

/** What a person may say; the other reasons are placed by rules that also lift them. */
const REASONS: readonly HoldReason[] = ['manual', 'theft', 'balance', 'inspection', 'papers', 'zone']

/** Says what blocking would do to this very car, and asks why. */
export function BlockDialog({
  vehicle,
  onClose,
}: {
  readonly vehicle: Vehicle
  readonly onClose: () => void
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const place = usePlaceHold(vehicle.id)
  const [reason, setReason] = useState<HoldReason | null>(null)
  const [note, setNote] = useState('')
  const [whenNextParked, setWhenNextParked] = useState(false)
  const [asked, setAsked] = useState(false)
  const send = (): void => {
    setAsked(true)
    if (reason === null || note.trim() === '') return
    place.mutate({ reason, note: note.trim(), ...(whenNextParked ? { whenNextParked } : {}) }, { onSuccess: onClose })
  }
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={t('hold.confirmTitle', { plate: plateWords(vehicle.plate) })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <Text data-testid="confirm-words">{confirmWords(vehicle, { t, language, now })}</Text>
        <NativeSelect
          label={t('hold.reason')}
          data-autofocus
          data={[{ value: '', label: '—' }, ...REASONS.map((one) => ({ value: one, label: t(`hold.reasons.${one}`) }))]}
          value={reason ?? ''}
          onChange={(event) => setReason(REASONS.find((one) => one === event.currentTarget.value) ?? null)}
          error={asked && reason === null ? t('hold.reasonRequired') : undefined}
        />
        <Textarea
          label={t('hold.note')}
          placeholder={t('hold.notePlaceholder')}
          autosize
          minRows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          error={asked && note.trim() === '' ? t('hold.noteRequired') : undefined}
        />
        <Checkbox
          label={t('hold.whenNextParked')}
          checked={whenNextParked}
          onChange={(event) => setWhenNextParked(event.currentTarget.checked)}
        />
        {place.isError && (
          <Alert color="red" role="alert">
            {problemWords(place.error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button color="red" loading={place.isPending} onClick={send}>
            {t('immobilizer.blockButton')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
