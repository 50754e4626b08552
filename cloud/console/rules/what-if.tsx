import { Anchor, Button, Group, NativeSelect, Progress, SimpleGrid, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { PolicyValue, Trial, WhatIfHit } from '../api/rulebook.ts'
import { BigNumber } from '../design/big-number.tsx'
import { Small } from '../design/data-table.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Failed } from '../design/query-view.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { dayCount } from '../inspections/inspection-words.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { shareWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import { useTrial } from './rule-queries.ts'

const DAYS = [1, 7, 30, 90] as const
/** More lines than this nobody reads here. */
const SHOWN = 100

function Hit({ hit, isNew }: { readonly hit: WhatIfHit; readonly isNew: boolean }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  const plate = useFleet().data?.find(({ id }) => id === hit.vehicleId)?.plate
  const from = sinceWords(hit.at, now, language)
  return (
    <li style={{ marginBottom: 8 }}>
      <Group gap="xs">
        {hit.vehicleId !== null && (
          <Anchor component={Link} href={`/vehicles/${hit.vehicleId}`} c="inherit" size="sm">
            <Plate plate={plate ?? hit.vehicleId} />
          </Anchor>
        )}
        {hit.driverId !== null && (
          <Text size="sm">
            <DriverName id={hit.driverId} />
          </Text>
        )}
        {isNew && <Small>{t('rule.added')}</Small>}
      </Group>
      <Small>
        {hit.until === null
          ? t('rule.hitStill', { from })
          : t('rule.hitAt', { from, to: sinceWords(hit.until, now, language) })}
      </Small>
    </li>
  )
}

function Result({ result }: { readonly result: NonNullable<Trial['result']> }): ReactNode {
  const { t, language } = useWords()
  const added = new Set(result.added)
  const isNew = ({ vehicleId, subject }: WhatIfHit): boolean => added.has(vehicleId ?? '') || added.has(subject)
  return (
    <Stack gap="sm" data-testid="what-if-result">
      <SimpleGrid type="container" cols={{ base: 1, '520px': 3 }} spacing="xs">
        <BigNumber
          word={t('rule.hitVehicles')}
          value={String(result.vehicles)}
          note={t('rule.hitNow', { count: result.vehiclesNow })}
        />
        <BigNumber word={t('rule.hitCount')} value={String(result.hitCount)} />
        <BigNumber
          word={t('rule.unknownShare')}
          value={shareWords(result.unknownShare, language) ?? ''}
          note={t('rule.unknownNote')}
        />
      </SimpleGrid>
      {result.spared.length > 0 && <Text size="sm">{t('rule.spared', { count: result.spared.length })}</Text>}
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t('rule.hits')}
        </Text>
        {result.hits.length === 0 ? (
          <Quiet>{t('rule.noHits')}</Quiet>
        ) : (
          <ul style={{ margin: 0, padding: 0, listStyle: 'none', maxHeight: 320, overflowY: 'auto' }}>
            {result.hits.slice(0, SHOWN).map((hit) => (
              <Hit key={`${hit.subject} ${hit.at}`} hit={hit} isNew={isNew(hit)} />
            ))}
          </ul>
        )}
      </div>
    </Stack>
  )
}

/** Another text of a rule, or other numbers, tried over what truly happened, before anything is saved. */
export function WhatIf({
  ruleId,
  source,
  policy,
}: {
  readonly ruleId: string
  readonly source?: string
  readonly policy?: Readonly<Record<string, PolicyValue>>
}): ReactNode {
  const { t, language } = useWords()
  const [days, setDays] = useState<number>(30)
  const [asked, setAsked] = useState<{ readonly id: string; readonly tried: string } | null>(null)
  const tried = JSON.stringify([ruleId, source, policy])
  const ask = useChange(
    () =>
      post<{ id: string }>('/rules/what-if', {
        ruleId,
        days,
        ...(source === undefined ? {} : { source }),
        ...(policy === undefined ? {} : { policy }),
      }),
    { touches: [] },
  )
  const callOff = useChange((id: string) => remove(`/rules/what-if/${encodeURIComponent(id)}`), {
    touches: ['what-if'],
  })
  // A result of another text or number must not stand beside this one.
  const trial = useTrial(asked !== null && asked.tried === tried ? asked.id : null)
  const { data } = trial
  const isRunning = data !== undefined && (data.state === 'waiting' || data.state === 'running')
  return (
    <Panel title={t('rule.whatIf')}>
      <Stack gap="sm">
        <Quiet>{t(policy === undefined ? 'rule.whatIfLead' : 'policy.whatIfLead')}</Quiet>
        <Group align="flex-end">
          <NativeSelect
            label={t('rule.days')}
            data={DAYS.map((one) => ({ value: String(one), label: dayCount(one, language) }))}
            value={days}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
          />
          <Button
            variant="light"
            loading={ask.isPending || isRunning}
            onClick={() => ask.mutate(undefined, { onSuccess: ({ id }) => setAsked({ id, tried }) })}
          >
            {t('rule.run')}
          </Button>
        </Group>
        {ask.isError && (
          <Text size="sm" c="red" role="alert">
            {refusalWords(ask.error, t)}
          </Text>
        )}
        {trial.error !== null && <Failed error={trial.error} retry={() => void trial.refetch()} />}
        {isRunning && (
          <div role="status">
            <Group justify="space-between" mb={4}>
              <Text size="sm">{t('rule.running', { share: Math.round(data.doneShare * 100) })}</Text>
              <Button
                size="compact-sm"
                variant="subtle"
                loading={callOff.isPending}
                onClick={() => callOff.mutate(data.id)}
              >
                {t('rule.callOff')}
              </Button>
            </Group>
            <Progress value={data.doneShare * 100} aria-label={t('rule.whatIf')} />
          </div>
        )}
        {callOff.isError && (
          <Text size="sm" c="red" role="alert">
            {refusalWords(callOff.error, t)}
          </Text>
        )}
        {data?.state === 'cancelled' && <Text size="sm">{t('rule.calledOff')}</Text>}
        {data?.state === 'failed' && <Text size="sm">{t('rule.failed', { why: data.error ?? '' })}</Text>}
        {data?.result != null && <Result result={data.result} />}
      </Stack>
    </Panel>
  )
}
