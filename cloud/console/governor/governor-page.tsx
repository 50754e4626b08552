import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Governor } from '../api/governor.ts'
import type { User } from '../api/session.ts'
import { Page } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { problemWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { mayGovern } from '../session/rights.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import { useApprove, useBecomeApprover, useGovernor, useTurnSwitch } from './governor-queries.ts'

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

function Waiting({ governor, user }: { readonly governor: Governor; readonly user: User }): ReactNode {
  const { t } = useWords()
  const approve = useApprove()
  const [code, setCode] = useState('')
  const refused = useRefused()
  const join = useBecomeApprover()
  const plates = new Map((useFleet().data ?? []).map((vehicle) => [vehicle.id, vehicle.plate]))
  const registered = governor.approvers.some((approver) => approver.id === user.id)
  const orders = governor.waiting.map((order) => order.id)
  return (
    <section className="panel" aria-labelledby="waiting-title">
      <h2 id="waiting-title">{t('governor.waiting')}</h2>
      <Stack gap="sm">
        {orders.length === 0 && (
          <Text size="sm" className="quiet">
            {t('governor.nobodyWaits')}
          </Text>
        )}
        {governor.waiting.map((order) => (
          <Group key={order.id} justify="space-between" data-testid="waiting-order">
            <Link href={`/vehicles/${order.vehicleId}`}>{plateWords(plates.get(order.vehicleId) ?? '')}</Link>
            <Text size="sm" className="quiet">
              {order.by.replace(/^(user|rule):/, '')}
            </Text>
          </Group>
        ))}
        {mayGovern(user) && orders.length > 0 && (
          <>
            <TextInput
              label={t('governor.code')}
              description={t('governor.codeFrom')}
              value={code}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={6}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
            <Button
              color="red"
              disabled={!/^\d{6}$/.test(code)}
              loading={approve.isPending}
              onClick={() => approve.mutate({ orders, code }, { onSettled: () => setCode('') })}
            >
              {t('governor.approve')}
            </Button>
          </>
        )}
        {approve.isError && <Alert color="red">{problemWords(approve.error, t, 'changing')}</Alert>}
        <Text size="sm">
          {t('governor.approvers', { names: governor.approvers.map(({ name }) => name).join(', ') || '—' })}
        </Text>
        {mayGovern(user) && !registered && governor.signer === 'up' && (
          <Button variant="default" loading={join.isPending} onClick={() => join.mutate({}, { onError: refused })}>
            {t('governor.join')}
          </Button>
        )}
      </Stack>
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
            <Waiting governor={known} user={user} />
            <Budgets governor={known} />
          </Stack>
        )}
      </QueryView>
    </Page>
  )
}
