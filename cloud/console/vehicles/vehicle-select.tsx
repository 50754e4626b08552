import { Select } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import { matchesSearch, plateWords } from './plate.ts'
import { useFleet } from './vehicle-queries.ts'

/** Chooses a vehicle by part of its plate, in either alphabet, or of its model. */
export function VehicleSelect(props: {
  readonly label: string
  readonly chosen: string | null
  readonly onChoose: (id: string | null) => void
  readonly without?: readonly (string | null)[]
  readonly autoFocus?: boolean
  readonly clearable?: boolean
  readonly width?: number
}): ReactNode {
  const { label, chosen, onChoose, without = [], autoFocus = false, clearable = false, width } = props
  const { t } = useWords()
  const free = (useFleet().data ?? []).filter((vehicle) => !without.includes(vehicle.id))
  return (
    <Select
      label={label}
      placeholder={t('gateway.vehicleSearch')}
      searchable
      clearable={clearable}
      limit={50}
      {...(width === undefined ? {} : { w: width })}
      {...(autoFocus ? { 'data-autofocus': true } : {})}
      data={free.map((vehicle) => ({ value: vehicle.id, label: `${plateWords(vehicle.plate)}, ${vehicle.model}` }))}
      filter={({ options, search, limit }) =>
        options
          .filter((option) => {
            if (!('value' in option)) return false
            const vehicle = free.find((one) => one.id === option.value)
            return vehicle !== undefined && matchesSearch(vehicle, search)
          })
          .slice(0, limit)
      }
      value={chosen}
      onChange={onChoose}
    />
  )
}
