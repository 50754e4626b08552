import { Center, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import classes from './fleet-list.module.css'
import { FleetRow } from './fleet-row.tsx'

const ROW_PX = 78
/** Rows kept ready above and below what is seen. */
const SPARE = 6

export type FleetListHandle = { focus(): void }

type Props = {
  readonly fleet: readonly Vehicle[]
  readonly selected: string | null
  readonly onSelect: (id: string) => void
  /** Enter on the selected car, or a double click. */
  readonly onOpen: (id: string) => void
  readonly handle?: Ref<FleetListHandle>
}

/** The next index for a key of the list, or null for a key that does not move. */
function moved(key: string, index: number, count: number): number | null {
  const step: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const by = step[key]
  return by === undefined ? null : Math.max(0, Math.min(count - 1, index + by))
}

/** Cars one below the other; only those in sight are in the page, so that ten thousand cost as much as ten. */
export function FleetList({ fleet, selected, onSelect, onOpen, handle }: Props): ReactNode {
  const { t } = useWords()
  const now = useNow()
  const scroller = useRef<HTMLDivElement>(null)
  const { ref: sizer, height } = useElementSize()
  const [top, setTop] = useState(0)
  const index = fleet.findIndex((vehicle) => vehicle.id === selected)
  useImperativeHandle(handle, () => ({
    focus: () => {
      scroller.current?.focus()
      const first = fleet[Math.max(0, index)]
      if (first !== undefined) onSelect(first.id)
    },
  }))
  useEffect(() => {
    const box = scroller.current
    if (box === null || index < 0) return
    if (index * ROW_PX < box.scrollTop) box.scrollTop = index * ROW_PX
    if ((index + 1) * ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = (index + 1) * ROW_PX - box.clientHeight
  }, [index])
  const onKey = (event: KeyboardEvent): void => {
    const next = moved(event.key, index, fleet.length)
    const target = next === null ? undefined : fleet[next]
    if (target !== undefined) {
      event.preventDefault()
      onSelect(target.id)
    }
    if (event.key === 'Enter' && selected !== null) onOpen(selected)
  }
  if (fleet.length === 0) {
    return (
      <Center p="xl">
        <Text c="dimmed">{t('fleet.nothing')}</Text>
      </Center>
    )
  }
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE)
  const last = Math.min(fleet.length, Math.ceil((top + Math.max(height, 400)) / ROW_PX) + SPARE)
  return (
    <div ref={sizer} className={classes['box']}>
      <div
        ref={scroller}
        className={classes['list']}
        role="listbox"
        tabIndex={0}
        aria-label={t('fleet.list')}
        aria-activedescendant={selected === null ? undefined : `car-${selected}`}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKey}
      >
        <div style={{ height: fleet.length * ROW_PX, position: 'relative' }}>
          {fleet.slice(first, last).map((vehicle, offset) => (
            <div
              key={vehicle.id}
              className={classes['slot']}
              style={{ top: (first + offset) * ROW_PX, height: ROW_PX }}
            >
              <FleetRow
                vehicle={vehicle}
                now={now}
                selected={vehicle.id === selected}
                onSelect={() => onSelect(vehicle.id)}
                onOpen={() => onOpen(vehicle.id)}
              />
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
