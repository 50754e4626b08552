import { ActionIcon, Button, Group, Kbd, NativeSelect, TextInput } from '@mantine/core'
import { IconAdjustmentsHorizontal, IconSearch, IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { ImmobilizerState } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { EVERYTHING, isFiltered, type ZoneSide } from './fleet-filter.ts'
import classes from './fleet-list.module.css'
import { changeFilter, useFleetFilter } from './fleet-view.ts'
import type { Presence } from './presence.ts'

const STATES: readonly ImmobilizerState[] = ['permitted', 'blockWaiting', 'blocked', 'unblockWaiting', 'unknown']
const SIDES: readonly ZoneSide[] = ['inside', 'outside', 'unknown']
const PRESENCES: readonly Presence[] = ['online', 'offline', 'unknown']
const SIDE_WORD = { inside: 'vehicle.inside', outside: 'vehicle.outside', unknown: 'vehicle.zoneUnknown' } as const
const PRESENCE_WORD = {
  online: 'vehicle.online',
  offline: 'vehicle.offline',
  unknown: 'vehicle.presenceUnknown',
} as const

/** `/` puts the cursor into the search from anywhere but a field. */
function useSlash(focus: () => void): void {
  const latest = useRef(focus)
  latest.current = focus
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing =
        event.target instanceof HTMLElement && event.target.closest('input, textarea, select, [role=dialog]') !== null
      // The key beside the right shift: «.» with a Russian layout, «/» with an English one.
      if (typing || event.ctrlKey || event.metaKey || (event.key !== '/' && event.code !== 'Slash')) return
      event.preventDefault()
      latest.current()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

function Filters(): ReactNode {
  const { t } = useWords()
  const filter = useFleetFilter()
  const pick = <T extends string>(list: readonly T[], value: string): T | null =>
    list.find((one) => one === value) ?? null
  const choices = <T extends string>(list: readonly T[], word: (one: T) => string) => [
    { value: '', label: t('fleet.any') },
    ...list.map((one) => ({ value: one, label: t(word(one)) })),
  ]
  return (
    <div className={classes['filters']}>
      <NativeSelect
        size="xs"
        label={t('fleet.state')}
        data={choices(STATES, (state) => `immobilizer.${state}`)}
        value={filter.state ?? ''}
        onChange={(event) => changeFilter({ state: pick(STATES, event.currentTarget.value) })}
      />
      <NativeSelect
        size="xs"
        label={t('fleet.zone')}
        data={choices(SIDES, (side) => SIDE_WORD[side])}
        value={filter.zone ?? ''}
        onChange={(event) => changeFilter({ zone: pick(SIDES, event.currentTarget.value) })}
      />
      <NativeSelect
        size="xs"
        label={t('fleet.presence')}
        data={choices(PRESENCES, (presence) => PRESENCE_WORD[presence])}
        value={filter.presence ?? ''}
        onChange={(event) => changeFilter({ presence: pick(PRESENCES, event.currentTarget.value) })}
      />
    </div>
  )
}

/** Search and filters of the fleet; Esc empties the search, a second Esc leaves it. */
export function FleetTools({ onDown }: { readonly onDown?: () => void }): ReactNode {
  const { t } = useWords()
  const filter = useFleetFilter()
  const field = useRef<HTMLInputElement>(null)
  const narrowed = filter.state !== null || filter.zone !== null || filter.presence !== null
  const [open, setOpen] = useState(narrowed)
  useSlash(() => field.current?.focus())
  return (
    <div className={classes['tools']}>
      <Group gap="xs" wrap="nowrap">
        <TextInput
          ref={field}
          flex={1}
          aria-label={t('fleet.search')}
          title={t('fleet.searchHint')}
          placeholder={t('fleet.search')}
          type="search"
          leftSection={<IconSearch size={16} />}
          rightSection={filter.search === '' ? <Kbd size="xs">/</Kbd> : null}
          value={filter.search}
          onChange={(event) => changeFilter({ search: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && filter.search === '') field.current?.blur()
            if (event.key === 'Escape') changeFilter({ search: '' })
            if (event.key === 'ArrowDown') {
              event.preventDefault()
              onDown?.()
            }
          }}
        />
        <ActionIcon
          variant={narrowed ? 'light' : 'default'}
          size={36}
          aria-label={t('fleet.filters')}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <IconAdjustmentsHorizontal size={18} />
        </ActionIcon>
      </Group>
      {open && <Filters />}
      {isFiltered(filter) && (
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconX size={13} />}
          onClick={() => changeFilter(EVERYTHING)}
        >
          {t('fleet.reset')}
        </Button>
      )}
    </div>
  )
}
