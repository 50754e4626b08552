import { Button, NativeSelect, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import type { Lease, LeaseState } from '../api/leasing.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { DriverSelect } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { mayAgreeLeases, maySeeDrivers } from '../session/rights.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { LeaseForm } from './lease-form.tsx'
import { LEASES } from './lease-queries.ts'
import { LeasesTable } from './leases-table.tsx'

const STATES: readonly LeaseState[] = ['active', 'returning', 'draft', 'closed', 'cancelled']

/** Leases, newest first. */
export function LeasesPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const [, go] = useLocation()
  const [state, setState] = useState<LeaseState | null>(null)
  const [vehicle, setVehicle] = useState<string | null>(null)
  const [driver, setDriver] = useState<string | null>(null)
  const [adding, setAdding] = useState(false)
  const leases = usePages<Lease>(LEASES, '/leases', { state, vehicle, driver })
  const isNarrowed = state !== null || vehicle !== null || driver !== null
  return (
    <Page
      title={t('lease.title')}
      lead={t('lease.lead')}
      actions={
        mayAgreeLeases(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('lease.add')}
          </Button>
        )
      }
    >
      <Tools>
        <NativeSelect
          label={t('lease.state')}
          data={[
            { value: '', label: t('lease.anyState') },
            ...STATES.map((one) => ({ value: one, label: t(`lease.states.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) => setState(STATES.find((one) => one === event.currentTarget.value) ?? null)}
        />
        <VehicleSelect label={t('lease.vehicle')} clearable chosen={vehicle} onChoose={setVehicle} />
        {maySeeDrivers(user) && (
          <DriverSelect label={t('driver.find')} clearable chosen={driver} onChoose={setDriver} />
        )}
      </Tools>
      <QueryView query={leases} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0)
            return <Text className="quiet">{t(isNarrowed ? 'lease.nothing' : 'lease.empty')}</Text>
          return (
            <>
              <LeasesTable leases={found} />
              <MoreButton of={leases} />
            </>
          )
        }}
      </QueryView>
      {adding && <LeaseForm lease={null} onClose={() => setAdding(false)} onSaved={({ id }) => go(`/leases/${id}`)} />}
    </Page>
  )
}
