import { NativeSelect, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { POSTING_KINDS, type Posting, type PostingKind } from '../api/ledger.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { DriverSelect } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { dayBounds } from '../language/moment.ts'
import { SourceStates } from '../papers/paper-checks.tsx'
import { mayPost, maySeeDrivers } from '../session/rights.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { MoneyActions } from './money-actions.tsx'
import { POSTINGS } from './money-queries.ts'
import { PostingsTable } from './postings-table.tsx'

/** Every movement of money, narrowed by whom, which car, what and when. */
export function MoneyPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const [driver, setDriver] = useState<string | null>(null)
  const [vehicle, setVehicle] = useState<string | null>(null)
  const [kind, setKind] = useState<PostingKind | null>(null)
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const time = { from: from === '' ? null : dayBounds(from).from, to: to === '' ? null : dayBounds(to).to }
  const filter = { driver, vehicle, kind, ...time }
  const postings = usePages<Posting>(POSTINGS, '/ledger/postings', filter)
  const isNarrowed = Object.values(filter).some((value) => value !== null)
  return (
    <Page title={t('money.title')} lead={t('money.lead')} actions={<MoneyActions user={user} />}>
      <Tools>
        {maySeeDrivers(user) && (
          <DriverSelect label={t('driver.find')} clearable chosen={driver} onChoose={setDriver} />
        )}
        <VehicleSelect label={t('lease.vehicle')} clearable chosen={vehicle} onChoose={setVehicle} />
        <NativeSelect
          label={t('money.kind')}
          data={[
            { value: '', label: t('money.anyKind') },
            ...POSTING_KINDS.map((one) => ({ value: one, label: t(`money.kinds.${one}`) })),
          ]}
          value={kind ?? ''}
          onChange={(event) => setKind(POSTING_KINDS.find((one) => one === event.currentTarget.value) ?? null)}
        />
        <TextInput
          label={t('money.from')}
          type="date"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          label={t('money.to')}
          type="date"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </Tools>
      <QueryView query={postings} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0)
            return <Text className="quiet">{t(isNarrowed ? 'money.nothing' : 'money.empty')}</Text>
          return (
            <>
              <PostingsTable postings={found} withDriver mayReverse={mayPost(user)} />
              <MoreButton of={postings} />
            </>
          )
        }}
      </QueryView>
      <SourceStates of="fines" />
    </Page>
  )
}
