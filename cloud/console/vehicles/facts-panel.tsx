import type { ReactNode } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { ageWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { kmWords, metreWords, speedWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import classes from './facts-panel.module.css'
import { isStale } from './presence.ts'
import { relayWords, trustWords, zoneWords } from './vehicle-words.ts'

type Fact = {
  readonly word: string
  readonly value: string
  readonly note: string
  readonly doubt?: boolean
  readonly outside?: boolean
}

function useFacts(vehicle: Vehicle): readonly Fact[] {
  const { t, language } = useWords()
  const now = useNow()
  const known = vehicle.lastKnown
  const unknown = t('app.unknown')
  const age = known === null ? '' : ageWords(now - Date.parse(known.readAt), language)
  const { relay, relayAt } = vehicle.immobilizer
  const accuracy = known?.position?.accuracyM ?? null
  const speed = known?.speedKmh ?? null
  const ignition = known?.ignition ?? null
  const odometer = known?.odometerKm ?? null
  const trust = trustWords(vehicle, t)
  const since = vehicle.zone?.since ?? null
  const parking = vehicle.parkedAt == null ? '' : t('standing.parkedAt', { name: vehicle.parkedAt })
  return [
    {
      word: t('vehicle.position'),
      value: trust ?? age,
      note:
        trust === null
          ? [parking, accuracy === null ? '' : t('vehicle.accuracy', { metres: metreWords(accuracy, language) })]
              .filter((one) => one !== '')
              .join(', ')
          : age,
      doubt: trust !== null,
    },
    { word: t('vehicle.speed'), value: speed === null ? unknown : speedWords(speed, language), note: age },
    {
      word: t('vehicle.ignition'),
      value: ignition === null ? unknown : t(ignition ? 'vehicle.ignitionOn' : 'vehicle.ignitionOff'),
      note: age,
    },
    {
      word: t('vehicle.relay'),
      value: relayWords(relay, t),
      note: relayAt === null ? '' : ageWords(now - Date.parse(relayAt), language),
    },
    {
      word: t('vehicle.zone'),
      value: zoneWords(vehicle, t),
      note: since === null ? '' : t('vehicle.since', { at: sinceWords(Date.parse(since), now, language) }),
      outside: vehicle.zone?.inside === false,
    },
    { word: t('vehicle.odometer'), value: odometer === null ? unknown : kmWords(odometer, language), note: age },
  ]
}

/** What the car last said, each value with its age. */
export function FactsPanel({ vehicle }: { readonly vehicle: Vehicle }): ReactNode {
  const { t } = useWords()
  const now = useNow()
  const facts = useFacts(vehicle)
  return (
    <section className="panel" aria-labelledby="facts-title" data-stale={isStale(vehicle, now)}>
      <h2 id="facts-title">{t('vehicle.now')}</h2>
      <dl className={classes['facts']}>
        {facts.map(({ word, value, note, doubt, outside }) => (
          <div key={word} className={classes['fact']}>
            <dt>{word}</dt>
            <dd className={outside === true ? classes['outside'] : doubt === true ? classes['doubt'] : ''}>{value}</dd>
            <dd className={classes['note']}>{note}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
