import type { ReactNode } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { Plate } from '../design/plate.tsx'
import { useWords } from '../language/language.ts'
import classes from './fleet-list.module.css'
import { isStale, presenceOf } from './presence.ts'
import { StateBadge } from './state-badge.tsx'
import { dataWords, motionWords, presenceWords, trustWords, zoneTone, zoneWords } from './vehicle-words.ts'

type Props = {
  readonly vehicle: Vehicle
  readonly now: number
  readonly selected: boolean
  readonly onSelect: () => void
  readonly onOpen: () => void
}

/** One car in the list: plate and motion, state and zone, doubt and age. The list itself answers the keyboard. */
export function FleetRow({ vehicle, now, selected, onSelect, onOpen }: Props): ReactNode {
  const { t, language } = useWords()
  const speech = { t, language, now }
  const trust = vehicle.lastKnown === null ? null : trustWords(vehicle, t)
  const lost = presenceOf(vehicle) !== 'online'
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: arrows and Enter are handled by the listbox that holds the rows
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox keeps the focus and names the active row
    <div
      id={`car-${vehicle.id}`}
      role="option"
      aria-selected={selected}
      className={classes['row']}
      onClick={onSelect}
      onDoubleClick={onOpen}
    >
      <div className={classes['line']}>
        <Plate plate={vehicle.plate} />
        <span className={isStale(vehicle, now) || lost ? classes['quiet'] : ''}>
          {lost ? presenceWords(vehicle, speech) : motionWords(vehicle, speech)}
        </span>
      </div>
      <div className={classes['line']}>
        <StateBadge vehicle={vehicle} form="plain" />
        {zoneTone(vehicle) !== null && <span className={classes['stop']}>{zoneWords(vehicle, t)}</span>}
      </div>
      <div className={`${classes['line']} ${classes['small']}`}>
        <span className={trust === null ? classes['model'] : classes['doubt']}>{trust ?? vehicle.model}</span>
        <span>{dataWords(vehicle, speech)}</span>
      </div>
    </div>
  )
}
