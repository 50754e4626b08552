import { NativeSelect, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'wouter'
import { linesOf, usePages } from '../api/lists.ts'
import type { DecisionLine } from '../api/rulebook.ts'
import type { User } from '../api/session.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { DriverSelect } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { maySeeDrivers } from '../session/rights.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { DecisionsTable } from './decisions-table.tsx'
import { DECISIONS } from './rule-queries.ts'

const MODES = ['acting', 'shadow'] as const

/** What rules decided, newest first. */
export function DecisionsPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const [search] = useSearchParams()
  const [mode, setMode] = useState<string>('')
  const [vehicleId, setVehicle] = useState<string | null>(search.get('vehicle'))
  const [driverId, setDriver] = useState<string | null>(null)
  const filter = { ruleId: search.get('rule'), mode, vehicleId, driverId }
  const decisions = usePages<DecisionLine>(DECISIONS, '/decisions', filter)
  return (
    <Page title={t('rule.decisionsTitle')} lead={t('rule.decisionsLead')}>
      <Tools>
        <NativeSelect
          label={t('rule.mode')}
          data={[
            { value: '', label: t('rule.anyMode') },
            ...MODES.map((one) => ({ value: one, label: t(`rule.modes.${one}`) })),
          ]}
          value={mode}
          onChange={(event) => setMode(event.currentTarget.value)}
        />
        <VehicleSelect label={t('lease.vehicle')} clearable chosen={vehicleId} onChoose={setVehicle} />
        {maySeeDrivers(user) && (
          <DriverSelect label={t('driver.find')} clearable chosen={driverId} onChoose={setDriver} />
        )}
      </Tools>
      <QueryView query={decisions} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Text className="quiet">{t('rule.noDecisions')}</Text>
          return (
            <>
              <DecisionsTable lines={found} />
              <MoreButton of={decisions} />
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}
