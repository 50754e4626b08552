import { Anchor, SegmentedControl } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import type { Vehicle } from '../api/vehicle.ts'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { FleetCounts } from '../vehicles/fleet-counts.tsx'
import { filterFleet } from '../vehicles/fleet-filter.ts'
import { FleetList, type FleetListHandle } from '../vehicles/fleet-list.tsx'
import { FleetTools } from '../vehicles/fleet-tools.tsx'
import { useFleetFilter } from '../vehicles/fleet-view.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import { VehicleSummary } from '../vehicles/vehicle-summary.tsx'
import { FleetMap } from './fleet-map.tsx'
import { Legend } from './legend.tsx'
import classes from './map-page.module.css'

const NOBODY: readonly Vehicle[] = []

/** The chosen car stands in the address, so that a card can point back here and a link can be sent to a colleague. */
function useChosen(): readonly [string | null, (id: string | null) => void] {
  const [params, setParams] = useSearchParams()
  const choose = useCallback(
    (id: string | null) => setParams(id === null ? {} : { vehicle: id }, { replace: true }),
    [setParams],
  )
  return [params.get('vehicle'), choose]
}

export function MapPage(): ReactNode {
  const { t } = useWords()
  const fleet = useFleet()
  const filter = useFleetFilter()
  const [, go] = useLocation()
  const [chosen, choose] = useChosen()
  // A link that names a car opens the map at that car.
  const [flight, setFlight] = useState(chosen === null ? 0 : 1)
  const narrow = useMediaQuery('(max-width: 760px)') ?? false
  const [pane, setPane] = useState<string>('map')
  const list = useRef<FleetListHandle>(null)
  const shown = filterFleet(fleet.data ?? NOBODY, filter)
  const chosenVehicle = fleet.data?.find((vehicle) => vehicle.id === chosen)
  const close = useCallback(() => choose(null), [choose])
  const chooseFromList = (id: string): void => {
    choose(id)
    setFlight((count) => count + 1)
    if (narrow) setPane('map')
  }
  return (
    <div className={classes['page']} data-pane={pane}>
      <section className={classes['side']} aria-label={t('fleet.title')}>
        <div className={classes['head']}>
          <h1 className={classes['title']}>{t('fleet.title')}</h1>
          <FleetTools onDown={() => list.current?.focus()} />
          {fleet.data !== undefined && <FleetCounts fleet={fleet.data} shown={shown.length} />}
        </div>
        <QueryView
          query={fleet}
          loading={
            <Padded>
              <Loading lines={8} height={44} />
            </Padded>
          }
        >
          {(all) =>
            all.length === 0 ? (
              <Padded>
                {t('fleet.empty')}{' '}
                <Anchor component={Link} href="/vehicles">
                  {t('fleet.toList')}
                </Anchor>
              </Padded>
            ) : (
              <FleetList
                fleet={shown}
                selected={chosen}
                onSelect={chooseFromList}
                onOpen={(id) => go(`/vehicles/${encodeURIComponent(id)}`)}
                handle={list}
              />
            )
          }
        </QueryView>
      </section>
      <div className={classes['map']}>
        <FleetMap fleet={shown} selected={chosen} flight={fleet.data === undefined ? 0 : flight} onSelect={choose}>
          {chosenVehicle !== undefined && <VehicleSummary vehicle={chosenVehicle} onClose={close} />}
          <Legend />
        </FleetMap>
      </div>
      {narrow && (
        <SegmentedControl
          className={classes['switch'] ?? ''}
          radius="xl"
          value={pane}
          onChange={setPane}
          data={[
            { value: 'map', label: t('fleet.showMap') },
            { value: 'list', label: t('fleet.showList') },
          ]}
        />
      )}
    </div>
  )
}

const Padded = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div style={{ padding: 16 }}>{children}</div>
)
