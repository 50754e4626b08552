import { Anchor, Button, NativeSelect, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Driver, DriverState } from '../api/leasing.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { DataTable } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { mayEditDrivers } from '../session/rights.ts'
import { BalanceWords } from './balance-words.tsx'
import { DriverForm } from './driver-form.tsx'
import { DRIVERS, searchFilter } from './driver-queries.ts'
import { DriverStateWord } from './driver-state-word.tsx'
import { phoneWords } from './phone-words.ts'

const STATES: readonly DriverState[] = ['active', 'candidate', 'paused', 'left', 'merged']

function Table({ drivers }: { readonly drivers: readonly Driver[] }): ReactNode {
  const { t } = useWords()
  return (
    <DataTable
      label={t('driver.title')}
      rows={drivers}
      keyOf={({ id }) => id}
      columns={[
        {
          word: t('driver.columns.name'),
          plain: true,
          cell: (driver) => (
            <Anchor component={Link} href={`/drivers/${driver.id}`} fw={600} c="inherit" size="sm">
              {driver.fullName}
            </Anchor>
          ),
        },
        {
          word: t('driver.columns.phone'),
          cell: ({ phones }) => phoneWords((phones.find(({ main }) => main) ?? phones[0])?.phone ?? ''),
        },
        { word: t('driver.columns.state'), cell: ({ state }) => <DriverStateWord state={state} /> },
        { word: t('driver.columns.form'), cell: ({ legalForm }) => t(`driver.forms.${legalForm}`) },
        {
          word: t('driver.columns.balance'),
          end: true,
          cell: ({ balance }) => <BalanceWords balance={balance} />,
        },
      ]}
    />
  )
}

/** Drivers by name, found by part of it or by phone. */
export function DriversPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const [, go] = useLocation()
  const [typed, setTyped] = useState('')
  const [state, setState] = useState<DriverState | null>(null)
  const [adding, setAdding] = useState(false)
  const [asked] = useDebouncedValue(typed, 250)
  const filter = searchFilter(asked, state)
  const drivers = usePages<Driver>(DRIVERS, '/drivers', filter)
  const isNarrowed = asked.trim() !== '' || state !== null
  return (
    <Page
      title={t('driver.title')}
      lead={t('driver.lead')}
      actions={
        mayEditDrivers(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('driver.add')}
          </Button>
        )
      }
    >
      <Tools>
        <TextInput
          label={t('driver.search')}
          type="search"
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('driver.state')}
          data={[
            { value: '', label: t('driver.anyState') },
            ...STATES.map((one) => ({ value: one, label: t(`driver.states.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) => setState(STATES.find((one) => one === event.currentTarget.value) ?? null)}
        />
      </Tools>
      <QueryView query={drivers} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0)
            return <Text className="quiet">{t(isNarrowed ? 'driver.nothing' : 'driver.empty')}</Text>
          return (
            <>
              <Table drivers={found} />
              <MoreButton of={drivers} />
            </>
          )
        }}
      </QueryView>
      {adding && (
        <DriverForm driver={null} onClose={() => setAdding(false)} onSaved={({ id }) => go(`/drivers/${id}`)} />
      )}
    </Page>
  )
}
