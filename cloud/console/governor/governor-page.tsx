import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Governor } from '../api/governor.ts'
import type { User } from '../api/session.ts'
import { Page } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { problemWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { mayGovern } from '../session/rights.ts'
import { useGovernor, useTurnSwitch } from './governor-queries.ts'
import { SecondPerson } from './second-person.tsx'

function Switch({ governor, user }: { readonly governor: Governor; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const turn = useTurnSwitch()
  const [reason, setReason] = useState('')
  const state = governor.switch
  if (state === null) return <Alert color="red">{t('governor.signerDown')}</Alert>
  const at = momentWords(Date.parse(state.at), now, language)
  const frozen = state.mode === 'automatic-frozen' ? t(`governor.freeze.${state.reason}`) : undefined
  const choices = (['running', 'automatic-stopped', 'unblock-only'] as const).filter((mode) => mode !== state.mode)
  return (
    <section className="panel" aria-labelledby="switch-title">
      <h2 id="switch-title">{t('governor.switch')}</h2>
      <Stack gap="sm">
        <Text fw={600} data-testid="switch-mode" data-mode={state.mode}>
          {t(`governor.modes.${state.mode}`)}
        </Text>
        {state.reason !== '' && (
          <Text size="sm" className="quiet">
            {t('governor.since', { by: state.by, at, reason: frozen ?? state.reason })}
          </Text>
        )}
        {mayGovern(user) && (
          <>
            <Textarea
              label={t('governor.reason')}
              autosize
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Group>
              {choices.map((mode) => (
                <Button
                  key={mode}
                  color={mode === 'running' ? 'ink' : 'red'}
                  variant={mode === 'unblock-only' ? 'default' : 'filled'}
                  disabled={reason.trim() === ''}
                  loading={turn.isPending}
                  onClick={() => turn.mutate({ mode, reason: reason.trim() }, { onSuccess: () => setReason('') })}
                >
                  {t(`governor.turn.${mode}`)}
                </Button>
              ))}
            </Group>
            {turn.isError && <Alert color="red">{problemWords(turn.error, t, 'changing')}</Alert>}
          </>
        )}
      </Stack>
    </section>
  )
}

function Budgets({ governor }: { readonly governor: Governor }): ReactNode {
  const { t } = useWords()
  const { usage, policy } = governor
  if (usage === null || policy === null) return null
  const lines = [
    t('governor.perHour', { used: usage.automaticLastHour, most: policy.automaticPerHour }),
    t('governor.perDay', { used: usage.automaticLastDay, share: policy.automaticShareOfFleetPercent }),
    t('governor.perTenMinutes', { used: usage.vehiclesLastTenMinutes, most: policy.vehiclesPerTenMinutes }),
    t('governor.between', { minutes: policy.minutesBetweenBlocks }),
  ]
  return (
    <section className="panel" aria-labelledby="budget-title">
      <h2 id="budget-title">{t('governor.budgets')}</h2>
      {lines.map((line) => (
        <Text key={line} size="sm">
          {line}
        </Text>
      ))}
    </section>
  )
}

/** The master switch, what the budgets are spent on, and who waits for another person. */
export function GovernorPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const governor = useGovernor()
  return (
    <Page title={t('governor.title')} lead={t('governor.lead')}>
      <QueryView query={governor} loading={<Loading lines={6} height={44} />}>
        {(known) => (
          <Stack gap="md" maw={720}>
            <Switch governor={known} user={user} />
            <SecondPerson governor={known} user={user} />
            <Budgets governor={known} />
          </Stack>
        )}
      </QueryView>
    </Page>
  )
}
