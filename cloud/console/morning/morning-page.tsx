import { Anchor, NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Morning } from '../api/morning.ts'
import { BigNumber } from '../design/big-number.tsx'
import { DataTable } from '../design/data-table.tsx'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { dayCount } from '../inspections/inspection-words.tsx'
import { ageWords, spanWords } from '../language/age.ts'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'
import { shareWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import classes from './morning-page.module.css'
import { PERIODS, useMorning } from './morning-queries.ts'

const MINUTE_MS = 60_000

type Shown = { readonly morning: Morning; readonly days: number }

function Arrears({ morning, days }: Shown): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  const { arrears } = morning
  const { lastWeek } = arrears
  const money = (kopecks: number): string => moneyWords(kopecks, language)
  const band = (of: { readonly p20Kopecks: number; readonly p80Kopecks: number }): string =>
    t('morning.band', { low: money(of.p20Kopecks), high: money(of.p80Kopecks) })
  return (
    <>
      <BigNumber
        href={`/morning/arrears?days=${days}`}
        word={`${t('morning.arrears')} ${t('morning.arrearsFor', { day: calendarWords(arrears.forDay, now, language) })}`}
        value={money(arrears.expectedKopecks)}
        note={
          <>
            {band(arrears)}
            <div>
              {t('morning.arrearsDrivers', { count: arrears.drivers })}
              {arrears.unknown > 0 && ` · ${t('morning.arrearsUnknown', { count: arrears.unknown })}`}
            </div>
          </>
        }
      />
      <BigNumber
        word={t('morning.lastWeek')}
        value={lastWeek?.actualKopecks == null ? '—' : t('morning.actual', { sum: money(lastWeek.actualKopecks) })}
        note={
          lastWeek === null ? (
            t('morning.noLastWeek')
          ) : (
            <>
              {t('morning.lastWeekWords', { expected: money(lastWeek.expectedKopecks), band: band(lastWeek) })}
              {lastWeek.actualKopecks === null && <div>{t('morning.actualUnknown')}</div>}
            </>
          )
        }
      />
    </>
  )
}

function Numbers({ morning, days }: Shown): ReactNode {
  const { t, language } = useWords()
  const { moneyAtRisk, readyToLine, overdueInspections } = morning
  const unknown = t('app.unknown')
  const span = (minutes: number | null): string =>
    minutes === null ? unknown : spanWords(minutes * MINUTE_MS, language)
  const overdue = overdueInspections.count
  return (
    <div className={classes['numbers']}>
      <BigNumber
        href={`/morning/idle?days=${days}`}
        word={t('morning.onLine')}
        value={shareWords(morning.onLine.share, language) ?? unknown}
        note={t('morning.onLineNote')}
      />
      <BigNumber
        href={`/morning/idle?days=${days}`}
        word={t('morning.fit')}
        value={shareWords(morning.fit.share, language) ?? unknown}
        note={t('morning.fitNote')}
      />
      <BigNumber
        href="/vehicles"
        word={t('morning.vehicles')}
        value={String(morning.vehicles)}
        note={t('morning.leased', { count: morning.leased })}
      />
      <BigNumber
        href="/morning/overdue-inspections"
        word={t('morning.overdue')}
        value={overdue === null ? unknown : String(overdue)}
        note={t('morning.overdueGoal')}
        tone={overdue === null ? 'unknown' : overdue === 0 ? 'good' : 'stop'}
      />
      <BigNumber
        href="/morning/money-at-risk"
        word={t('morning.moneyAtRisk')}
        value={moneyWords(moneyAtRisk.kopecks, language)}
        note={
          <>
            {t('morning.moneyAtRiskNote', { count: moneyAtRisk.vehicles })}
            {moneyAtRisk.unvalued > 0 && <div>{t('morning.unvalued', { count: moneyAtRisk.unvalued })}</div>}
          </>
        }
      />
      <Arrears morning={morning} days={days} />
      <BigNumber
        href={`/morning/ready-to-line?days=${days}`}
        word={t('morning.readyToLine')}
        value={span(readyToLine.medianMinutes)}
        note={
          <>
            {readyToLine.p90Minutes !== null && t('morning.readyNote', { p90: span(readyToLine.p90Minutes) })}
            {readyToLine.count !== null && <div>{t('morning.readyCount', { count: readyToLine.count })}</div>}
          </>
        }
      />
    </div>
  )
}

function Idle({ morning, days }: Shown): ReactNode {
  const { t, language } = useWords()
  const { idle } = morning
  return (
    <Panel title={t('morning.idle')}>
      {idle === null && <Quiet>{t('morning.idleUnknown')}</Quiet>}
      {idle !== null && idle.length === 0 && <Quiet>{t('morning.idleNone')}</Quiet>}
      {idle !== null && idle.length > 0 && (
        <DataTable
          label={t('morning.idle')}
          bare
          rows={idle.toSorted((one, other) => other.kopecks - one.kopecks)}
          keyOf={({ reason }) => reason}
          columns={[
            {
              word: t('morning.columns.reason'),
              plain: true,
              cell: ({ reason }) => (
                <Anchor component={Link} href={`/morning/idle?days=${days}&reason=${reason}`} c="inherit" size="sm">
                  {reason === 'unknown' ? (
                    <ToneWord tone="stop">{t('morning.reasons.unknown')}</ToneWord>
                  ) : (
                    t(`morning.reasons.${reason}`)
                  )}
                </Anchor>
              ),
            },
            { word: t('morning.columns.vehicles'), end: true, cell: ({ vehicles }) => String(vehicles) },
            {
              word: t('morning.columns.hours'),
              end: true,
              // Below an hour «0 ч» would say that nothing was lost.
              cell: ({ hours }) =>
                hours < 1
                  ? spanWords(hours * 60 * MINUTE_MS, language)
                  : t('morning.hours', { count: Math.round(hours) }),
            },
            { word: t('morning.columns.cost'), end: true, cell: ({ kopecks }) => moneyWords(kopecks, language) },
          ]}
        />
      )}
    </Panel>
  )
}

/** One page of numbers that are true; each opens its list. */
export function MorningPage(): ReactNode {
  const { t, language } = useWords()
  const now = useNow(30)
  const [days, setDays] = useState<number>(7)
  const morning = useMorning(days)
  const at = morning.data === undefined ? '' : ageWords(now - Date.parse(morning.data.asOf), language)
  return (
    <Page
      title={t('morning.title')}
      {...(at === '' ? {} : { lead: t('morning.lead', { days: dayCount(days, language), at }) })}
      actions={
        <NativeSelect
          aria-label={t('morning.period')}
          data={PERIODS.map((one) => ({ value: String(one), label: dayCount(one, language) }))}
          value={days}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        />
      }
    >
      <QueryView query={morning} loading={<Loading lines={8} height={60} />}>
        {(known) => (
          <>
            <Numbers morning={known} days={days} />
            <Idle morning={known} days={days} />
          </>
        )}
      </QueryView>
    </Page>
  )
}
