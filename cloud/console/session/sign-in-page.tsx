import { Alert, Button, PasswordInput, Stack, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { Problem, Unreachable } from '../api/problem.ts'
import type { Session } from '../api/session.ts'
import type { Language } from '../language/age.ts'
import { spanWords } from '../language/age.ts'
import { chooseLanguage, useWords, type Words } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { type HalfWay, halfWayFrom, SecondStep } from './second-step.tsx'
import { begin } from './session-query.ts'
import classes from './sign-in-page.module.css'

function failureWords(error: unknown, t: Words, language: Language): string {
  if (error instanceof Unreachable) return t('signIn.unreachable')
  if (!(error instanceof Problem)) return problemWords(error, t, 'reading')
  if (error.facts.status === 429) {
    const seconds = error.facts.retryAfterS
    return seconds === null
      ? t('signIn.throttled')
      : t('signIn.throttledFor', { span: spanWords(seconds * 1000, language) })
  }
  return error.facts.code === 'session/wrong-credentials' ? t('signIn.wrong') : problemWords(error, t, 'reading')
}

export function SignInPage(): ReactNode {
  const { t, language } = useWords()
  const client = useQueryClient()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [halfWay, setHalfWay] = useState<HalfWay | null>(() => halfWayFrom(window.location.hash))
  const signIn = useMutation({
    mutationFn: () => post<Session | HalfWay>('/session', { login: login.trim(), password }),
    onSuccess: (answer) => ('user' in answer ? begin(client, answer) : setHalfWay(answer)),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    signIn.mutate()
  }
  if (halfWay !== null)
    return <SecondStep halfWay={halfWay} onIn={(session) => begin(client, session)} onBack={() => setHalfWay(null)} />
  return (
    <main className={classes['page']}>
      <form className={classes['card']} onSubmit={submit}>
        <Stack gap="md">
          <div className={classes['brand']}>
            <img src="/kordon.svg" alt="" width="40" height="40" />
            <div>
              <Title order={1}>Kordon</Title>
              <p className={classes['lead']}>{t('signIn.lead')}</p>
            </div>
          </div>
          {signIn.isError && (
            <Alert color="red" variant="light" role="alert">
              {failureWords(signIn.error, t, language)}
            </Alert>
          )}
          <TextInput
            label={t('signIn.login')}
            name="login"
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            required
            withAsterisk={false}
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('signIn.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" fullWidth loading={signIn.isPending}>
            {t('signIn.submit')}
          </Button>
          <Button
            variant="subtle"
            size="compact-sm"
            lang={language === 'ru' ? 'en' : 'ru'}
            onClick={() => chooseLanguage(language === 'ru' ? 'en' : 'ru')}
          >
            {language === 'ru' ? 'English' : 'Русский'}
          </Button>
        </Stack>
      </form>
    </main>
  )
}
