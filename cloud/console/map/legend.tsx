import { ActionIcon, Popover, Stack, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { ImmobilizerState } from '../api/vehicle.ts'
import { StateMark } from '../design/state-mark.tsx'
import { useWords } from '../language/language.ts'
import classes from './map-page.module.css'

const ROWS: readonly (readonly [ImmobilizerState, string])[] = [
  ['permitted', 'permitted'],
  ['blockWaiting', 'waiting'],
  ['blocked', 'blocked'],
  ['unknown', 'unknown'],
]

/** What the signs on the map mean. */
export function Legend(): ReactNode {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={classes['legend']}>
      <Popover position="top-start" withArrow shadow="md" opened={isOpen} onChange={setOpen}>
        <Popover.Target>
          <ActionIcon
            variant="default"
            size={34}
            aria-label={t('map.legend')}
            onClick={() => setOpen(!isOpen)}
            // The focus stays here: there is nothing to press in the legend.
            onKeyDown={(event) => {
              if (event.key === 'Escape') setOpen(false)
            }}
          >
            <IconInfoCircle size={18} />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap={6}>
            {ROWS.map(([state, word]) => (
              <Text key={state} size="sm" className={classes['entry'] ?? ''}>
                <StateMark state={state} /> {t(`map.legendItems.${word}`)}
              </Text>
            ))}
            <Text size="sm" className={classes['entry'] ?? ''}>
              <span className={classes['doubt']} aria-hidden="true">
                ?
              </span>
              {t('map.legendItems.suspect')}
            </Text>
            <Text size="sm" className="quiet">
              {t('map.legendItems.stale')}
            </Text>
          </Stack>
        </Popover.Dropdown>
      </Popover>
    </div>
  )
}
