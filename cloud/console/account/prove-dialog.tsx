import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { onProofWanted } from '../api/api-client.ts'
import { Problem } from '../api/problem.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { proveByCode, proveByPasskey, useOwnAccount } from './account-queries.ts'

type Wanted = { readonly settle: (proven: boolean) => void }

/** Wherever a change is refused for want of a second factor, asks for it and lets the change go on. */
export function ProveDialog(): ReactNode {
  const [wanted, setWanted] = useState<Wanted | null>(null)
  useEffect(() => onProofWanted(() => new Promise((settle) => setWanted({ settle }))), [])
  if (wanted === null) return null
  const end = (proven: boolean): void => {
    setWanted(null)
    wanted.settle(proven)
  }
  return <Ask onEnd={end} />
}

function Ask({ onEnd }: { readonly onEnd: (proven: boolean) => void }): ReactNode {
  const { t } = useWords()
  const [, go] = useLocation()
  const account = useOwnAccount()
  const [code, setCode] = useState('')
  const prove = useMutation({
    mutationFn: (way: 'code' | 'passkey') => (way === 'code' ? proveByCode(code.trim()) : proveByPasskey()),
    onSuccess: () => onEnd(true),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    if (code.trim().length >= 6) prove.mutate('code')
  }
  const none = account.data !== undefined && account.data.totp === null && account.data.passkeys.length === 0
  return (
    <Modal
      opened
      centered
      title={t('account.prove')}
      onClose={() => onEnd(false)}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {none ? (
        <Stack>
          <Text>{t('account.proveNone')}</Text>
          <Button
            onClick={() => {
              onEnd(false)
              go('/account')
            }}
          >
            {t('account.toAccount')}
          </Button>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="md">
            <Text>{t('account.proveLead')}</Text>
            {account.data?.totp !== null && (
              <TextInput
                label={t('account.code')}
                data-autofocus
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={12}
                value={code}
                onChange={(event) => setCode(event.currentTarget.value)}
              />
            )}
            {prove.isError && (
              <Alert color="red" role="alert">
                {prove.error instanceof Problem ? problemWords(prove.error, t, 'changing') : t('account.passkeyFailed')}
              </Alert>
            )}
            <Group justify="flex-end">
              {(account.data?.passkeys.length ?? 0) > 0 && (
                <Button variant="default" onClick={() => prove.mutate('passkey')}>
                  {t('account.provePasskey')}
                </Button>
              )}
              {account.data?.totp !== null && (
                <Button type="submit" loading={prove.isPending} disabled={code.trim().length < 6}>
                  {t('account.confirm')}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
