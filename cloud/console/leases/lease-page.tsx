import { Anchor, Button } from '@mantine/core'
import { IconFileAlert, IconPencil } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Lease, LeaseEvent, LeaseState } from '../api/leasing.ts'
import type { User } from '../api/session.ts'
import { Small } from '../design/data-table.tsx'
import { type Fact, Facts } from '../design/facts.tsx'
import { Note } from '../design/note.tsx'
import { Columns, Page, Panel } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { MoneyPanel } from '../money/money-panel.tsx'
import { useVehiclePapers } from '../papers/paper-queries.ts'
import { mayAgreeLeases, mayHandOver, maySeeMoney } from '../session/rights.ts'
import { LeaseActDialog } from './lease-act-dialog.tsx'
import { LeaseForm } from './lease-form.tsx'
import { useLease, useLeaseSteps } from './lease-queries.ts'
import { LeaseStateWord } from './lease-words.tsx'
import { ShiftsPanel } from './shifts-panel.tsx'

const EVENTS: Readonly<Record<LeaseState, readonly LeaseEvent[]>> = {
  draft: ['activate', 'cancel'],
  active: ['return'],
  returning: ['close', 'resume'],
  closed: [],
  cancelled: [],
}

function useTermFacts(lease: Lease): readonly Fact[] {
  const { t, language } = useWords()
  const now = useNow(60)
  const { schedule, buyout } = lease
  const money = (kopecks: number): string => moneyWords(kopecks, language)
  const moment = (at: string): string => momentWords(Date.parse(at), now, language)
  return [
    { word: t('lease.state'), value: <LeaseStateWord state={lease.state} /> },
    { word: t('lease.plan'), value: t(`lease.plans.${lease.plan}`) },
    { word: t('lease.startsOn'), value: calendarWords(lease.startsOn, now, language) },
    {
      word: t('lease.endsOn'),
      value: lease.endsOn === null ? t('lease.noEnd') : calendarWords(lease.endsOn, now, language),
    },
    {
      word: t('lease.nextCharge'),
      value: lease.nextChargeAt === null ? t('lease.noCharge') : moment(lease.nextChargeAt),
    },
    ...(schedule === null ? [] : [{ word: t('lease.payer'), value: t(`lease.payers.${schedule.payer}`) }]),
    ...(lease.depositKopecks === null ? [] : [{ word: t('lease.deposit'), value: money(lease.depositKopecks) }]),
    ...(lease.parking === null ? [] : [{ word: t('lease.parking'), value: lease.parking }]),
    ...(buyout === null
      ? []
      : [
          { word: t('lease.price'), value: money(buyout.priceKopecks) },
          { word: t('lease.initial'), value: money(buyout.initialKopecks) },
          { word: t('lease.share'), value: money(buyout.dailyShareKopecks) },
        ]),
    ...(lease.marketValueKopecks === null
      ? []
      : [{ word: t('lease.marketValue'), value: money(lease.marketValueKopecks) }]),
    ...(schedule === null || schedule.freeDays.length === 0
      ? []
      : [
          {
            word: t('lease.freeDays'),
            value: schedule.freeDays.map((day) => calendarWords(day, now, language)).join(', '),
          },
        ]),
    ...(lease.note === '' ? [] : [{ word: t('lease.note'), value: lease.note }]),
  ]
}

function RatesPanel({ lease }: { readonly lease: Lease }): ReactNode {
  const { t, language } = useWords()
  if (lease.schedule === null) return null
  return (
    <Panel title={t('lease.schedule')}>
      <Facts
        facts={lease.schedule.rates.map((rate, day) => ({
          word: t(`lease.weekdays.d${day}`),
          value: rate === 0 ? t('lease.free') : moneyWords(rate, language),
        }))}
      />
    </Panel>
  )
}

function StepsPanel({ id }: { readonly id: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const steps = useLeaseSteps(id)
  return (
    <Panel title={t('lease.history')}>
      <QueryView query={steps}>
        {({ items }) =>
          items.toReversed().map((step) => (
            <div key={`${step.at} ${step.state}`} style={{ marginBottom: 10 }}>
              <LeaseStateWord state={step.state} />
              {step.note !== '' && <div style={{ fontSize: '0.875rem', overflowWrap: 'anywhere' }}>{step.note}</div>}
              <Small>{`${momentWords(Date.parse(step.at), now, language)}, ${step.by}`}</Small>
            </div>
          ))
        }
      </QueryView>
    </Panel>
  )
}

/** Said before somebody tries: a paper that ends keeps the car on the lot. */
function Hindrances({ lease }: { readonly lease: Lease }): ReactNode {
  const { t } = useWords()
  const papers = useVehiclePapers(lease.vehicle.id)
  const hindrances = papers.data?.hindrances ?? []
  if (hindrances.length === 0 || lease.state !== 'draft') return null
  return (
    <Note tone="stop" icon={<IconFileAlert size={17} />} testId="hindrances">
      <strong>{t('lease.hindered')}.</strong>
      {hindrances.map((sentence) => (
        <div key={sentence}>{sentence}</div>
      ))}
    </Note>
  )
}

function Card({ lease, user }: { readonly lease: Lease; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState<LeaseEvent | 'edit' | null>(null)
  const facts = useTermFacts(lease)
  const close = (): void => setAsking(null)
  const mayDo = (event: LeaseEvent): boolean =>
    event === 'return' || event === 'resume' ? mayHandOver(user) : mayAgreeLeases(user)
  const events = EVENTS[lease.state].filter(mayDo)
  return (
    <Page
      back="/leases"
      title={t('lease.card', { number: lease.number })}
      lead={
        <>
          <Anchor component={Link} href={`/vehicles/${lease.vehicle.id}`} c="inherit">
            <Plate plate={lease.vehicle.plate} />
          </Anchor>
          {lease.drivers.map(({ id, name, main }) => (
            <span key={id}>
              {' · '}
              <Anchor component={Link} href={`/drivers/${id}`}>
                {name}
              </Anchor>
              {main && lease.drivers.length > 1 ? ` (${t('lease.main')})` : ''}
            </span>
          ))}
        </>
      }
      actions={
        <>
          {lease.state !== 'closed' && lease.state !== 'cancelled' && mayAgreeLeases(user) && (
            <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setAsking('edit')}>
              {t('lease.edit')}
            </Button>
          )}
          {events.map((event, index) => (
            <Button key={event} variant={index === 0 ? 'filled' : 'default'} onClick={() => setAsking(event)}>
              {t(`lease.act.${event}`)}
            </Button>
          ))}
        </>
      }
    >
      <Columns
        main={
          <>
            <Hindrances lease={lease} />
            <Panel title={t('lease.terms')}>
              <Facts facts={facts} />
            </Panel>
            <RatesPanel lease={lease} />
            {maySeeMoney(user) && <MoneyPanel of={{ lease: lease.id }} user={user} />}
          </>
        }
        side={
          <>
            <ShiftsPanel lease={lease} user={user} />
            <StepsPanel id={lease.id} />
          </>
        }
      />
      {asking === 'edit' && <LeaseForm lease={lease} onClose={close} />}
      {asking !== null && asking !== 'edit' && <LeaseActDialog lease={lease} event={asking} onClose={close} />}
    </Page>
  )
}

/** One lease: its terms, who drives, what was paid, how it went. */
export function LeasePage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const lease = useLease(id)
  return (
    <QueryView whole query={lease} loading={<Loading lines={9} height={40} />}>
      {(known) => <Card lease={known} user={user} />}
    </QueryView>
  )
}
