import { Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { post } from '../api/api-client.ts'
import type { Session } from '../api/session.ts'
import { Failed, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { begin } from './session-query.ts'
import classes from './sign-in-page.module.css'

type Invitation = {
  readonly kind: 'new' | 'recovery'
  readonly name: string
  readonly login: string | null
  readonly role: string
}

/** Where the link of an invitation leads: a new account, or a new password for one that was lost. */
export function JoinPage(): ReactNode {
  const { t } = useWords()
  const [token] = useState(() => window.location.hash.slice(1))
  const invitation = useQuery({
    queryKey: ['join', token],
    queryFn: () => post<Invitation>('/invitations/look', { token }),
    retry: false,
    refetchOnWindowFocus: false,
  })
  return (
    <main className={classes['page']}>
      <div className={classes['card']}>
        <Stack gap="md">
          <Title order={1}>{t('account.joinTitle')}</Title>
          <QueryView query={invitation}>{(found) => <Accept token={token} invitation={found} />}</QueryView>
        </Stack>
      </div>
    </main>
  )
}

function Accept({ token, invitation }: { readonly token: string; readonly invitation: Invitation }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [, go] = useLocation()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const asksLogin = invitation.login === null
  const accept = useMutation({
    mutationFn: () => post<Session>('/invitations/accept', { token, password, ...(asksLogin ? { login } : {}) }),
    onSuccess: (session) => {
      begin(client, session)
      go('/account', { replace: true })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    accept.mutate()
  }
  const words = invitation.kind === 'new' ? 'account.joinLead' : 'account.recoverLead'
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text size="sm">{t(words, { name: invitation.name, role: t(`role.${invitation.role}`) })}</Text>
        {asksLogin ? (
          <TextInput
            label={t('setUp.login')}
            description={t('setUp.loginHint')}
            autoComplete="username"
            autoCapitalize="none"
            required
            withAsterisk={false}
            pattern="[a-z][a-z0-9._\-]{1,31}"
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
          />
        ) : (
          <TextInput label={t('setUp.login')} autoComplete="username" readOnly value={invitation.login ?? ''} />
        )}
        <PasswordInput
          label={t('setUp.password')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {accept.isError && <Failed error={accept.error} retry={() => accept.mutate()} />}
        <Button type="submit" fullWidth loading={accept.isPending}>
          {t('account.joinSubmit')}
        </Button>
      </Stack>
    </form>
  )
}
