import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import type { Permit } from '../api/zone.ts'
import { type Fact, Facts } from '../design/facts.tsx'
import { Panel } from '../design/page.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { BalanceWords } from '../drivers/balance-words.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { InspectionStateWord, leftWords, postponedWords } from '../inspections/inspection-words.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { PaperStateWord } from '../papers/paper-words.tsx'
import { maySayIdle, maySeeDrivers, maySeeMoney } from '../session/rights.ts'
import { IdleWord } from './idle-word.tsx'

function useLeaseFacts(vehicle: Vehicle, user: User): readonly Fact[] {
  const { t, language } = useWords()
  const now = useNow(30)
  const { lease = null, driver = null, balance = null } = vehicle
  const since = (at: string): string => t('vehicle.since', { at: sinceWords(Date.parse(at), now, language) })
  const phone = driver?.phone == null ? '' : `${phoneWords(driver.phone)}, `
  return [
    {
      word: t('standing.lease'),
      value:
        lease === null ? (
          t('standing.noLease')
        ) : (
          <Anchor component={Link} href={`/leases/${lease.id}`} size="sm">
            {t('lease.number', { number: lease.number })}
          </Anchor>
        ),
      note: lease === null ? '' : `${t(`lease.plans.${lease.plan}`)}, ${since(lease.since)}`,
    },
    {
      word: t('standing.driver'),
      value:
        driver === null ? (
          t('standing.noDriver')
        ) : maySeeDrivers(user) ? (
          <Anchor component={Link} href={`/drivers/${driver.id}`} size="sm">
            {driver.name}
          </Anchor>
        ) : (
          driver.name
        ),
      note: driver === null ? '' : phone + since(driver.since),
    },
    ...(maySeeMoney(user) && driver !== null
      ? [{ word: t('standing.balance'), value: <BalanceWords balance={balance} /> }]
      : []),
  ]
}

function useUpkeepFacts(vehicle: Vehicle, user: User): readonly Fact[] {
  const { t, language } = useWords()
  const now = useNow(3600)
  const { inspection = null, papers = [], idleReason } = vehicle
  return [
    {
      word: t('standing.inspection'),
      value: (
        <Anchor component={Link} href={`/inspections/${vehicle.id}`} size="sm" c="inherit">
          {inspection === null ? t('standing.noPlan') : <InspectionStateWord state={inspection.state} />}
        </Anchor>
      ),
      note:
        inspection === null
          ? ''
          : [
              ...leftWords(inspection, t, language),
              ...(inspection.postponed > 0 ? [postponedWords(inspection.postponed, t)] : []),
            ].join(', '),
    },
    ...papers.map((paper) => ({
      word: t(`paper.kinds.${paper.kind}`),
      value: (
        <Anchor component={Link} href={`/papers/${vehicle.id}`} size="sm" c="inherit">
          <PaperStateWord state={paper.state} />
        </Anchor>
      ),
      note: paper.validUntil === null ? '' : calendarWords(paper.validUntil, now, language),
    })),
    ...(idleReason === undefined
      ? []
      : [
          {
            word: t('standing.idle'),
            value: (
              <>
                {idleReason === null ? (
                  t('standing.onLine')
                ) : (
                  <ToneWord tone={idleReason === 'unknown' ? 'stop' : 'wait'}>
                    {t(`morning.reasons.${idleReason}`)}
                  </ToneWord>
                )}
                {maySayIdle(user) && <IdleWord vehicle={vehicle} />}
              </>
            ),
          },
        ]),
  ]
}

/** The permit to leave that is in force; nothing where there is none. */
function usePermitFacts(vehicleId: string): readonly Fact[] {
  const { t, language } = useWords()
  const now = useNow(60)
  const permits = usePages<Permit>('permits', '/permits', { vehicle: vehicleId, inForce: 'true', limit: 1 })
  const [permit] = permits.data === undefined ? [] : linesOf(permits.data)
  if (permit === undefined) return []
  const until = sinceWords(Date.parse(permit.until), now, language)
  return [{ word: t('zonePage.permits'), value: t('zonePage.permitUntil', { at: until }), note: permit.note }]
}

/** Who has the car, what he owes, and whether it is fit to be handed out. */
export function StandingPanel({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t } = useWords()
  const lease = useLeaseFacts(vehicle, user)
  const permit = usePermitFacts(vehicle.id)
  const upkeep = useUpkeepFacts(vehicle, user)
  return (
    <Panel title={t('standing.title')}>
      <Facts facts={[...lease, ...permit, ...upkeep]} />
    </Panel>
  )
}
