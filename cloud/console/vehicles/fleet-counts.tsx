import type { ReactNode } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { countFleet, isFiltered } from './fleet-filter.ts'
import { useFleetFilter } from './fleet-view.ts'

/** «12 машин · 9 на связи · 1 заблокирована», and how many of them the filter shows. */
export function FleetCounts({
  fleet,
  shown,
}: {
  readonly fleet: readonly Vehicle[]
  readonly shown: number
}): ReactNode {
  const { t } = useWords()
  const counts = countFleet(fleet)
  const words = [
    t('fleet.count', { count: counts.all }),
    t('fleet.online', { count: counts.online }),
    ...(counts.blocked > 0 ? [t('fleet.blocked', { count: counts.blocked })] : []),
    ...(counts.outside > 0 ? [t('fleet.outside', { count: counts.outside })] : []),
  ]
  const filtered = isFiltered(useFleetFilter())
  return (
    <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }} aria-live="polite">
      {filtered ? t('fleet.shown', { shown, all: counts.all }) : words.join(' · ')}
    </p>
  )
}
