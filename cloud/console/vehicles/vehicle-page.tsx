import { ActionIcon, Anchor, Button, Text } from '@mantine/core'
import { IconArrowLeft, IconMap2 } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Problem } from '../api/problem.ts'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { FactsPanel } from './facts-panel.tsx'
import { ImmobilizerPanel } from './immobilizer-panel.tsx'
import { OrderPanel } from './order-panel.tsx'
import { StandingPanel } from './standing-panel.tsx'
import { Surroundings } from './surroundings.tsx'
import { TimelinePanel } from './timeline-panel.tsx'
import { TrackPanel } from './track-panel.tsx'
import classes from './vehicle-page.module.css'
import { useVehicle } from './vehicle-queries.ts'
import { dataWords, motionWords, presenceWords, trustWords } from './vehicle-words.ts'

function Head({ vehicle }: { readonly vehicle: Vehicle }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const speech = { t, language, now }
  const trust = vehicle.lastKnown === null ? null : trustWords(vehicle, t)
  return (
    <header className={classes['head']}>
      <ActionIcon component={Link} href="/vehicles" variant="default" size={36} aria-label={t('app.back')}>
        <IconArrowLeft size={18} />
      </ActionIcon>
      <div className={classes['who']}>
        <h1 className={classes['plate']}>
          <Plate plate={vehicle.plate} large />
        </h1>
        <Text size="sm" className="quiet">
          {vehicle.model}
        </Text>
      </div>
      <div className={classes['now']}>
        <div>{[motionWords(vehicle, speech), presenceWords(vehicle, speech)].join(' · ')}</div>
        <div className={trust === null ? 'quiet' : classes['doubt']}>{trust ?? dataWords(vehicle, speech)}</div>
      </div>
      <Button
        component={Link}
        href={`/?vehicle=${encodeURIComponent(vehicle.id)}`}
        variant="default"
        leftSection={<IconMap2 size={16} />}
        className={classes['toMap'] ?? ''}
      >
        {t('vehicle.showOnMap')}
      </Button>
    </header>
  )
}

function Card({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  return (
    <>
      <Head vehicle={vehicle} />
      <Surroundings vehicle={vehicle} />
      <div className={classes['grid']}>
        <div className={classes['engine']}>
          <ImmobilizerPanel vehicle={vehicle} user={user} />
        </div>
        <div className={classes['main']}>
          <FactsPanel vehicle={vehicle} />
          <StandingPanel vehicle={vehicle} user={user} />
          <TrackPanel vehicle={vehicle} />
        </div>
        <div className={classes['past']}>
          <OrderPanel vehicleId={vehicle.id} />
          <TimelinePanel vehicleId={vehicle.id} />
        </div>
      </div>
    </>
  )
}

/** One car: what it is doing, whether it may start and why, where it was, what ever happened to it. */
export function VehiclePage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t } = useWords()
  const vehicle = useVehicle(id)
  if (vehicle.error instanceof Problem && vehicle.error.facts.status === 404) {
    return (
      <div className={classes['page']}>
        <Text>{t('vehicle.notFound')}</Text>
        <Anchor component={Link} href="/vehicles">
          {t('fleet.title')}
        </Anchor>
      </div>
    )
  }
  return (
    <div className={classes['page']}>
      <QueryView query={vehicle} loading={<Loading lines={9} height={40} />}>
        {(known) => <Card vehicle={known} user={user} />}
      </QueryView>
    </div>
  )
}
