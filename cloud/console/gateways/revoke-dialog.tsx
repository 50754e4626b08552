import { Alert, Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type ReactNode, useState } from 'react'
import type { Gateway } from '../api/gateway.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useRevoke } from './gateway-queries.ts'

/** Revoking cuts a car off, so it wants a second yes. */
export function RevokeDialog({
  gateway,
  onClose,
}: {
  readonly gateway: Gateway
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const revoke = useRevoke()
  const [sure, setSure] = useState(false)
  const send = (): void =>
    revoke.mutate(gateway.id, {
      onSuccess: () => {
        notifications.show({ color: 'ink', message: t('gateway.revoked') })
        onClose()
      },
    })
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={t('gateway.revokeTitle', { id: gateway.id })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <Text>{t('gateway.revokeLead', { plate: plateWords(gateway.plate ?? '') })}</Text>
        <Checkbox
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
          label={t('gateway.revokeSure')}
        />
        {revoke.isError && (
          <Alert color="red" role="alert">
            {problemWords(revoke.error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button color="red" disabled={!sure} loading={revoke.isPending} onClick={send}>
            {t('gateway.revoke')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
