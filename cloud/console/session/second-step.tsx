import { Alert, Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { startAuthentication } from '@simplewebauthn/browser'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { RequestOptions } from '../account/account-queries.ts'
import { post } from '../api/api-client.ts'
import { Problem } from '../api/problem.ts'
import type { Session } from '../api/session.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import classes from './sign-in-page.module.css'

/** The password is right; one of these ways ends the sign-in. */
export type HalfWay = {
  readonly step: string
  readonly ways: readonly string[]
  readonly passkey?: RequestOptions
}

/** Pure. What an outside sign-in brought back in the address: `#step=…&ways=totp,passkey`. */
export function halfWayFrom(hash: string): HalfWay | null {
  const said = new URLSearchParams(hash.slice(1))
  const step = said.get('step')
  return step === null ? null : { step, ways: (said.get('ways') ?? '').split(',').filter((way) => way !== 'passkey') }
}

type Shown = { readonly code: string } | { readonly recoveryCode: string } | { readonly passkey: RequestOptions }

/** The second step of a sign-in: a code of the app, a passkey, or a recovery code. */
export function SecondStep(props: {
  readonly halfWay: HalfWay
  readonly onIn: (session: Session) => void
  readonly onBack: () => void
}): ReactNode {
  const { step, ways, passkey } = props.halfWay
  const { t } = useWords()
  const [byRecovery, setByRecovery] = useState(!ways.includes('totp') && passkey === undefined)
  const [code, setCode] = useState('')
  const finish = useMutation({
    mutationFn: async (shown: Shown) =>
      post<Session>('/session/second-factor', {
        step,
        ...('passkey' in shown ? { passkey: await startAuthentication({ optionsJSON: shown.passkey }) } : shown),
      }),
    onSuccess: props.onIn,
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    finish.mutate(byRecovery ? { recoveryCode: code.trim() } : { code: code.trim() })
  }
  return (
    <main className={classes['page']}>
      <form className={classes['card']} onSubmit={submit}>
        <Stack gap="md">
          <Title order={1}>{t('account.secondStep')}</Title>
          {finish.isError && (
            <Alert color="red" variant="light" role="alert">
              {finish.error instanceof Problem ? problemWords(finish.error, t, 'changing') : t('account.passkeyFailed')}
            </Alert>
          )}
          {passkey !== undefined && (
            <Button variant="default" onClick={() => finish.mutate({ passkey })}>
              {t('account.provePasskey')}
            </Button>
          )}
          {(byRecovery || ways.includes('totp')) && (
            <>
              <TextInput
                key={byRecovery ? 'recovery' : 'code'}
                label={t(byRecovery ? 'account.recoveryCode' : 'account.code')}
                autoFocus
                autoComplete="one-time-code"
                inputMode={byRecovery ? 'text' : 'numeric'}
                value={code}
                onChange={(event) => setCode(event.currentTarget.value)}
              />
              {byRecovery && (
                <Text size="sm" className="quiet">
                  {t('account.recoveryNote')}
                </Text>
              )}
              <Button type="submit" fullWidth loading={finish.isPending} disabled={code.trim().length < 6}>
                {t('account.confirm')}
              </Button>
            </>
          )}
          {ways.includes('recovery-code') && (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => {
                setByRecovery(!byRecovery)
                setCode('')
              }}
            >
              {t(byRecovery ? 'account.useApp' : 'account.useRecovery')}
            </Button>
          )}
          <Button variant="subtle" size="compact-sm" onClick={props.onBack}>
            {t('account.back')}
          </Button>
        </Stack>
      </form>
    </main>
  )
}
