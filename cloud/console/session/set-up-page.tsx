import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { post } from '../api/api-client.ts'
import type { Session } from '../api/session.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { begin } from './session-query.ts'
import classes from './sign-in-page.module.css'

/** The one-time key of the printed link: after `#`, as `?token=`, or as the last part of the path. */
function tokenOf({ pathname, search, hash }: Location): string {
  const named = new URLSearchParams(search).get('token') ?? new URLSearchParams(hash.slice(1)).get('token')
  return named ?? (hash.length > 1 ? hash.slice(1) : (pathname.split('/')[2] ?? ''))
}

/** Makes the owner's account on a fresh installation. */
export function SetUpPage(): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [, go] = useLocation()
  const [token] = useState(() => tokenOf(window.location))
  const [account, setAccount] = useState({ name: '', login: '', password: '' })
  const setUp = useMutation({
    mutationFn: () => post<Session>('/setup', { token, ...account }),
    onSuccess: (session) => {
      begin(client, session)
      go('/', { replace: true })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setUp.mutate()
  }
  return (
    <main className={classes['page']}>
      <form className={classes['card']} onSubmit={submit}>
        <Stack gap="md">
          <Title order={1}>{t('setUp.title')}</Title>
          <Text size="sm" className="quiet">
            {t('setUp.lead')}
          </Text>
          {token === '' && <Alert color="orange">{t('setUp.noToken')}</Alert>}
          {setUp.isError && (
            <Alert color="red" variant="light" role="alert">
              {problemWords(setUp.error, t, 'changing')}
            </Alert>
          )}
          <TextInput
            label={t('setUp.name')}
            autoComplete="name"
            required
            withAsterisk={false}
            value={account.name}
            onChange={(event) => setAccount({ ...account, name: event.currentTarget.value })}
          />
          <TextInput
            label={t('setUp.login')}
            description={t('setUp.loginHint')}
            autoComplete="username"
            autoCapitalize="none"
            required
            withAsterisk={false}
            pattern="[a-z][a-z0-9._\-]{1,31}"
            value={account.login}
            onChange={(event) => setAccount({ ...account, login: event.currentTarget.value })}
          />
          <PasswordInput
            label={t('setUp.password')}
            autoComplete="new-password"
            required
            withAsterisk={false}
            value={account.password}
            onChange={(event) => setAccount({ ...account, password: event.currentTarget.value })}
          />
          <Button type="submit" fullWidth loading={setUp.isPending} disabled={token === ''}>
            {t('setUp.submit')}
          </Button>
        </Stack>
      </form>
    </main>
  )
}
