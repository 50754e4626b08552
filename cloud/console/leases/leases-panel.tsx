import type { ReactNode } from 'react'
import type { Lease } from '../api/leasing.ts'
import { type Filter, linesOf, usePages } from '../api/lists.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { LEASES } from './lease-queries.ts'
import { LeasesTable } from './leases-table.tsx'

/** The leases of a driver or of a vehicle. */
export function LeasesPanel({ filter }: { readonly filter: Filter }): ReactNode {
  const { t } = useWords()
  const leases = usePages<Lease>(LEASES, '/leases', { ...filter, limit: 10 })
  return (
    <Panel title={t('driver.leases')}>
      <QueryView query={leases}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t('driver.noLeases')}</Quiet>
          return (
            <>
              <LeasesTable leases={found} bare />
              <MoreButton of={leases} />
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
