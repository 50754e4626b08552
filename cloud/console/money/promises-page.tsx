import { Anchor, Button, NativeSelect, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { PaymentPromise } from '../api/ledger.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { mayTakePromises } from '../session/rights.ts'
import { MoneyActions } from './money-actions.tsx'
import { MONEY, usePromises } from './money-queries.ts'

const TONE: Readonly<Record<PaymentPromise['state'], Tone>> = {
  open: 'wait',
  kept: 'good',
  broken: 'stop',
  withdrawn: 'unknown',
}
const STATES = ['open', 'kept', 'broken', 'withdrawn'] as const

function WithdrawDialog({
  promise,
  onClose,
}: {
  readonly promise: PaymentPromise
  readonly onClose: () => void
}): ReactNode {
  const { t, language } = useWords()
  const withdraw = useChange(() => remove(`/ledger/promises/${encodeURIComponent(promise.id)}`), {
    touches: MONEY,
    done: t('money.withdrawn'),
  })
  return (
    <AskDialog
      title={t('money.withdrawTitle', { sum: moneyWords(promise.kopecks, language) })}
      submit={t('money.withdraw')}
      heavy
      change={withdraw}
      onClose={onClose}
      onSubmit={() => withdraw.mutate(undefined, { onSuccess: onClose })}
    />
  )
}

/** Promises to pay: who, how much, until when, and whether they were kept. */
export function PromisesPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [state, setState] = useState<PaymentPromise['state'] | null>(null)
  const [withdrawing, setWithdrawing] = useState<PaymentPromise | null>(null)
  const promises = usePromises({ state, limit: 500 })
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  return (
    <Page title={t('money.promisesTitle')} lead={t('money.promisesLead')} actions={<MoneyActions user={user} />}>
      <Tools>
        <NativeSelect
          label={t('money.state')}
          data={[
            { value: '', label: t('money.anyState') },
            ...STATES.map((one) => ({ value: one, label: t(`money.promiseStates.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) => setState(STATES.find((one) => one === event.currentTarget.value) ?? null)}
        />
      </Tools>
      <QueryView query={promises} loading={<Loading lines={5} height={44} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('money.noPromises')}</Text>
          ) : (
            <DataTable
              label={t('money.promisesTitle')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  word: t('money.columns.who'),
                  plain: true,
                  cell: ({ driverId }) => (
                    <Anchor component={Link} href={`/drivers/${driverId}`} size="sm" fw={600} c="inherit">
                      <DriverName id={driverId} />
                    </Anchor>
                  ),
                },
                { word: t('money.sum'), end: true, cell: ({ kopecks }) => moneyWords(kopecks, language) },
                { word: t('money.promiseUntil'), cell: ({ untilAt }) => at(untilAt) },
                {
                  word: t('money.state'),
                  cell: (promise) => (
                    <ToneWord tone={TONE[promise.state]}>{t(`money.promiseStates.${promise.state}`)}</ToneWord>
                  ),
                },
                {
                  word: t('money.promisedAt'),
                  cell: ({ promisedAt, by, note }) => (
                    <>
                      {at(promisedAt)}
                      <Small>{[by, note].filter((part) => part !== '').join(' · ')}</Small>
                    </>
                  ),
                },
                {
                  word: '',
                  end: true,
                  cell: (promise) =>
                    promise.state === 'open' && mayTakePromises(user) ? (
                      <Button size="compact-sm" variant="default" onClick={() => setWithdrawing(promise)}>
                        {t('money.withdraw')}
                      </Button>
                    ) : null,
                },
              ]}
            />
          )
        }
      </QueryView>
      {withdrawing !== null && <WithdrawDialog promise={withdrawing} onClose={() => setWithdrawing(null)} />}
    </Page>
  )
}
