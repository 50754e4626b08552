import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useGiveCode } from './hold-mutations.ts'

/** Gives out one code and shows it once, large, to be read aloud. */
export function UnlockCodeDialog({
  vehicle,
  onClose,
}: {
  readonly vehicle: Vehicle
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const code = useGiveCode(vehicle.id)
  const [shown, setShown] = useState('')
  const [note, setNote] = useState('')
  const send = (): void => {
    const number = /^\d{1,9}$/.test(shown.trim()) ? { shown: Number(shown) } : {}
    code.mutate({ note: note.trim(), ...number })
  }
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={t('unlockCode.title', { plate: plateWords(vehicle.plate) })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <Text>{t('unlockCode.lead')}</Text>
        {code.data === undefined ? (
          <>
            <TextInput
              label={t('unlockCode.whom')}
              data-autofocus
              maxLength={500}
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
            <TextInput
              label={t('unlockCode.shown')}
              description={t('unlockCode.shownHint')}
              inputMode="numeric"
              maxLength={9}
              value={shown}
              onChange={(event) => setShown(event.currentTarget.value)}
            />
          </>
        ) : (
          <div role="status">
            <Text ta="center" fw={700} fz={44} className="tabular" data-testid="unlock-code">
              {code.data.code}
            </Text>
            <Text size="sm" ta="center" className="quiet">
              {t('unlockCode.once', { number: code.data.counter })}
            </Text>
          </div>
        )}
        {code.isError && (
          <Alert color="red" role="alert">
            {problemWords(code.error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.close')}
          </Button>
          {code.data === undefined && (
            <Button loading={code.isPending} onClick={send}>
              {t('unlockCode.give')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}
