import { Button, CloseButton, Group, Text } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'wouter'
import type { Vehicle } from '../api/vehicle.ts'
import { Plate } from '../design/plate.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { StateBadge } from './state-badge.tsx'
import classes from './vehicle-summary.module.css'
import { dataWords, motionWords, presenceWords, trustWords, zoneWords } from './vehicle-words.ts'

/** What a car is doing, over the map; Esc closes it. */
export function VehicleSummary({
  vehicle,
  onClose,
}: {
  readonly vehicle: Vehicle
  readonly onClose: () => void
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const speech = { t, language, now }
  const trust = trustWords(vehicle, t)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') onClose()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [onClose])
  return (
    <section
      className={classes['card']}
      aria-label={`${t('vehicle.title')} ${vehicle.plate}`}
      data-testid="vehicle-summary"
    >
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <Plate plate={vehicle.plate} large />
          <Text size="sm" className="quiet">
            {vehicle.model}
          </Text>
        </div>
        <CloseButton aria-label={t('app.close')} onClick={onClose} />
      </Group>
      <StateBadge vehicle={vehicle} form="badge" />
      {trust !== null && <Text className={classes['doubt'] ?? ''}>{trust}</Text>}
      <Text size="sm">
        {[motionWords(vehicle, speech), zoneWords(vehicle, t), presenceWords(vehicle, speech)].join(' · ')}
      </Text>
      <Text size="sm" className="quiet">
        {dataWords(vehicle, speech)}
      </Text>
      <Button
        component={Link}
        href={`/vehicles/${encodeURIComponent(vehicle.id)}`}
        rightSection={<IconChevronRight size={16} />}
        fullWidth
      >
        {t('vehicle.open')}
      </Button>
    </section>
  )
}
