import { Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { mayAddVehicles } from '../session/rights.ts'
import { useSession } from '../session/session-query.ts'
import { FleetCounts } from './fleet-counts.tsx'
import { filterFleet } from './fleet-filter.ts'
import { FleetTable } from './fleet-table.tsx'
import { FleetTools } from './fleet-tools.tsx'
import { useFleetFilter } from './fleet-view.ts'
import { NewVehicleDialog } from './new-vehicle-dialog.tsx'
import { useFleet } from './vehicle-queries.ts'
import classes from './vehicles-page.module.css'

/** All cars as a table, with the same search and filters as the map. */
export function VehiclesPage(): ReactNode {
  const { t } = useWords()
  const fleet = useFleet()
  const filter = useFleetFilter()
  const [, go] = useLocation()
  const user = useSession().data?.user
  const [adding, setAdding] = useState(false)
  const open = (id: string): void => go(`/vehicles/${encodeURIComponent(id)}`)
  const table = useRef<HTMLDivElement>(null)
  return (
    <div className={classes['page']}>
      <div className={classes['head']}>
        <div>
          <h1 className={classes['title']}>{t('fleet.title')}</h1>
          {fleet.data !== undefined && (
            <FleetCounts fleet={fleet.data} shown={filterFleet(fleet.data, filter).length} />
          )}
        </div>
        <div className={classes['tools']}>
          <FleetTools onDown={() => table.current?.querySelector('a')?.focus()} />
        </div>
        {user !== undefined && mayAddVehicles(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('fleet.add')}
          </Button>
        )}
      </div>
      <QueryView query={fleet} loading={<Loading lines={8} height={40} />}>
        {(all) => {
          const shown = filterFleet(all, filter)
          if (shown.length === 0)
            return <Text className="quiet">{t(all.length === 0 ? 'fleet.empty' : 'fleet.nothing')}</Text>
          return (
            <div ref={table}>
              <FleetTable fleet={shown} onOpen={open} />
            </div>
          )
        }}
      </QueryView>
      {adding && <NewVehicleDialog onMade={({ id }) => open(id)} onClose={() => setAdding(false)} />}
    </div>
  )
}
