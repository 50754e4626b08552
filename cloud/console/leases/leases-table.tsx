import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Lease } from '../api/leasing.ts'
import { DataTable } from '../design/data-table.tsx'
import { Plate } from '../design/plate.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { LeaseStateWord, rateWords } from './lease-words.tsx'

/** Leases, one a row. */
export function LeasesTable({
  leases,
  bare = false,
}: {
  readonly leases: readonly Lease[]
  readonly bare?: boolean
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  return (
    <DataTable
      label={t('lease.title')}
      bare={bare}
      rows={leases}
      keyOf={({ id }) => id}
      columns={[
        {
          word: t('lease.columns.number'),
          plain: true,
          cell: ({ id, number }) => (
            <Anchor component={Link} href={`/leases/${id}`} fw={600} c="inherit" size="sm">
              {t('lease.number', { number })}
            </Anchor>
          ),
        },
        { word: t('lease.columns.vehicle'), cell: ({ vehicle }) => <Plate plate={vehicle.plate} /> },
        {
          word: t('lease.columns.drivers'),
          cell: ({ drivers }) => drivers.map(({ id, name }) => <div key={id}>{name}</div>),
        },
        { word: t('lease.columns.plan'), cell: ({ plan }) => t(`lease.plans.${plan}`) },
        { word: t('lease.columns.state'), cell: ({ state }) => <LeaseStateWord state={state} /> },
        { word: t('lease.columns.since'), cell: ({ startsOn }) => calendarWords(startsOn, now, language) },
        { word: t('lease.columns.rate'), end: true, cell: (lease) => rateWords(lease, language) },
      ]}
    />
  )
}
