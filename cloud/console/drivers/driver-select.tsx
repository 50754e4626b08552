import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { useWords } from '../language/language.ts'
import { useDriver, useFoundDrivers } from './driver-queries.ts'
import { phoneWords } from './phone-words.ts'

/** Chooses a driver by name or phone; the server searches, so the list may be of any length. */
export function DriverSelect(props: {
  readonly label: string
  readonly chosen: string | null
  readonly onChoose: (id: string | null) => void
  readonly without?: readonly string[]
  readonly autoFocus?: boolean
  readonly clearable?: boolean
}): ReactNode {
  const { label, chosen, onChoose, without = [], autoFocus = false, clearable = false } = props
  const { t } = useWords()
  const [typed, setTyped] = useState('')
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const [asked] = useDebouncedValue(typed, 250)
  const known = chosen === null ? undefined : names.get(chosen)
  // What stands in the field once somebody is chosen is his own label, and no search.
  const found = useFoundDrivers(asked === known ? '' : asked)
  const options = (found.data?.items ?? [])
    .filter(({ id, state }) => state !== 'merged' && !without.includes(id))
    .map(({ id, fullName, phones }) => ({
      value: id,
      label: [fullName, phoneWords(phones[0]?.phone ?? '')].filter((part) => part !== '').join(', '),
    }))
  const chosenToo =
    chosen !== null && known !== undefined && !options.some(({ value }) => value === chosen)
      ? [{ value: chosen, label: known }, ...options]
      : options
  return (
    <Select
      label={label}
      placeholder={t('driver.findHint')}
      searchable
      clearable={clearable}
      {...(autoFocus ? { 'data-autofocus': true } : {})}
      data={chosenToo}
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isFetching ? t('app.loading') : t('driver.nobody')}
      onSearchChange={setTyped}
      value={chosen}
      onChange={(id) => {
        const label = chosenToo.find(({ value }) => value === id)?.label
        if (id !== null && label !== undefined) setNames(new Map([...names, [id, label]]))
        onChoose(id)
      }}
    />
  )
}

/** The name of a driver of whom only the id is known; a dash for one who is out of sight. */
export function DriverName({ id }: { readonly id: string }): ReactNode {
  const driver = useDriver(id)
  return driver.data?.shortName ?? (driver.isError ? '—' : '…')
}
