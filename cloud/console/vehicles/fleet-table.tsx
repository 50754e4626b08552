import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Vehicle } from '../api/vehicle.ts'
import { Plate } from '../design/plate.tsx'
import { useWords } from '../language/language.ts'
import { kmWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import { StateBadge } from './state-badge.tsx'
import { dataWords, motionWords, presenceWords, trustWords, zoneTone, zoneWords } from './vehicle-words.ts'
import classes from './vehicles-page.module.css'

function Row({
  vehicle,
  now,
  onOpen,
}: {
  readonly vehicle: Vehicle
  readonly now: number
  readonly onOpen: () => void
}): ReactNode {
  const { t, language } = useWords()
  const speech = { t, language, now }
  const trust = vehicle.lastKnown === null ? null : trustWords(vehicle, t)
  const odometer = vehicle.lastKnown?.odometerKm ?? null
  return (
    <tr onClick={onOpen}>
      <td>
        <Link href={`/vehicles/${encodeURIComponent(vehicle.id)}`} className={classes['link'] ?? ''}>
          <Plate plate={vehicle.plate} />
        </Link>
        <div className={classes['small']}>{vehicle.model}</div>
      </td>
      <td>
        <StateBadge vehicle={vehicle} form="plain" />
      </td>
      <td>
        {motionWords(vehicle, speech)}
        <div className={classes['small']}>{presenceWords(vehicle, speech)}</div>
      </td>
      <td className={zoneTone(vehicle) === null ? '' : classes['stop']}>{zoneWords(vehicle, t)}</td>
      <td>
        {dataWords(vehicle, speech)}
        {trust !== null && <div className={classes['doubt']}>{trust}</div>}
      </td>
      <td className={classes['number']}>{odometer === null ? t('app.unknown') : kmWords(odometer, language)}</td>
    </tr>
  )
}

/** One car a row; on a phone the rows become cards. */
export function FleetTable({
  fleet,
  onOpen,
}: {
  readonly fleet: readonly Vehicle[]
  readonly onOpen: (id: string) => void
}): ReactNode {
  const { t } = useWords()
  const now = useNow()
  return (
    <div className={`panel ${classes['frame']}`}>
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{t('fleet.columns.plate')}</th>
            <th scope="col">{t('fleet.columns.state')}</th>
            <th scope="col">{t('fleet.columns.motion')}</th>
            <th scope="col">{t('fleet.columns.zone')}</th>
            <th scope="col">{t('fleet.columns.data')}</th>
            <th scope="col" className={classes['number']}>
              {t('fleet.columns.odometer')}
            </th>
          </tr>
        </thead>
        <tbody>
          {fleet.map((vehicle) => (
            <Row key={vehicle.id} vehicle={vehicle} now={now} onOpen={() => onOpen(vehicle.id)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
