import { Anchor } from '@mantine/core'
import { lazy, type ReactNode, Suspense } from 'react'
import { Link } from 'wouter'
import type { User } from '../api/session.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { moscowDay } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { StandingPanel } from '../vehicles/standing-panel.tsx'
import { StateBadge } from '../vehicles/state-badge.tsx'
import { useVehicle } from '../vehicles/vehicle-queries.ts'
import { dataWords, motionWords, presenceWords, trustWords, zoneWords } from '../vehicles/vehicle-words.ts'

// The map library is large: a card without a car does not load it.
const TrackMap = lazy(async () => ({ default: (await import('../map/track-map.tsx')).TrackMap }))

/** The car that the card is about: where it is, how old that is, whether it may start; who has it, what is owed, its papers. */
export function CardVehicle({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const vehicle = useVehicle(id)
  return (
    <QueryView query={vehicle} loading={<Loading lines={5} height={30} />}>
      {(known) => {
        const speech = { t, language, now }
        const trust = known.lastKnown === null ? null : trustWords(known, t)
        return (
          <>
            <Panel title={t('process.vehicle')}>
              <Anchor component={Link} href={`/vehicles/${known.id}`} c="inherit" underline="never">
                <Plate plate={known.plate} />
              </Anchor>{' '}
              <span className="quiet">{known.model}</span>
              <div style={{ margin: '8px 0 2px' }}>
                <StateBadge vehicle={known} form="plain" />
              </div>
              <div>{[motionWords(known, speech), presenceWords(known, speech)].join(' · ')}</div>
              <Quiet>
                {[trust ?? dataWords(known, speech), zoneWords(known, t)].filter((one) => one !== '').join(' · ')}
              </Quiet>
              {known.lastKnown?.position != null && (
                <div style={{ position: 'relative', height: 220, marginTop: 10, overflow: 'hidden', borderRadius: 10 }}>
                  <Suspense fallback={<Loading lines={2} />}>
                    <TrackMap vehicle={known} points={NO_POINTS} withCar moment={null} day={moscowDay(now)} />
                  </Suspense>
                </div>
              )}
            </Panel>
            <StandingPanel vehicle={known} user={user} />
          </>
        )
      }}
    </QueryView>
  )
}

const NO_POINTS: readonly never[] = []
