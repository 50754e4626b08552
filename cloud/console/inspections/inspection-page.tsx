import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { User } from '../api/session.ts'
import type { Inspection, Visit } from '../api/upkeep.ts'
import { Small } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Columns, Page, Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { kmWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import { mayBookInspections, mayDoInspections, mayMeetInspections, mayPlanInspections } from '../session/rights.ts'
import { useVehicle } from '../vehicles/vehicle-queries.ts'
import { UPKEEP, useInspection, useStations, visitPath } from './inspection-queries.ts'
import { dayCount, InspectionStateWord, leftWords, postponedWords } from './inspection-words.tsx'
import { PlanDialog } from './plan-dialog.tsx'
import { BookDialog, CancelDialog, FinishDialog, PostponeDialog } from './visit-dialogs.tsx'

const TONE: Readonly<Record<Visit['state'], Tone>> = {
  booked: 'wait',
  arrived: 'wait',
  done: 'good',
  postponed: 'unknown',
  'no-show': 'stop',
  cancelled: 'unknown',
}

function PlanFacts({ plan }: { readonly plan: Inspection }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  const day = (value: string | null): string => (value === null ? '' : calendarWords(value, now, language))
  const km = (value: number | null): string => (value === null ? '' : kmWords(value, language))
  const both = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ')
  return (
    <Facts
      facts={[
        {
          word: t('inspection.columns.state'),
          value: <InspectionStateWord state={plan.state} />,
          note: leftWords(plan, t, language).join(', '),
        },
        { word: t('inspection.due'), value: both(km(plan.dueKm), day(plan.dueOn)) || t('app.unknown') },
        { word: t('inspection.columns.forecast'), value: day(plan.forecastOn) || t('app.unknown') },
        { word: t('inspection.columns.postponed'), value: postponedWords(plan.postponed, t) },
        {
          word: t('inspection.last'),
          value: both(km(plan.lastDoneKm), day(plan.lastDoneOn)) || t('inspection.lastNever'),
        },
        {
          word: t('inspection.step'),
          value: t('inspection.stepWords', { km: km(plan.stepKm), days: dayCount(plan.stepDays, language) }),
        },
      ]}
    />
  )
}

function VisitLine({ visit, user }: { readonly visit: Visit; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [asking, setAsking] = useState<'postpone' | 'cancel' | 'finish' | null>(null)
  const station = useStations().data?.items.find(({ id }) => id === visit.stationId)?.name ?? ''
  const refused = useRefused()
  const arrive = useChange(() => post<Visit>(visitPath(visit, 'arrived'), {}), {
    touches: UPKEEP,
    done: t('inspection.arrivedDone'),
  })
  const isAhead = visit.state === 'booked'
  const isOpen = isAhead || visit.state === 'arrived'
  const close = (): void => setAsking(null)
  const notes = [
    visit.reason === null ? '' : t(`inspection.reasons.${visit.reason}`),
    visit.reasonNote,
    visit.state === 'postponed' || visit.state === 'no-show'
      ? t(visit.counted ? 'inspection.counted' : 'inspection.notCounted')
      : '',
    visit.odometerKm === null ? '' : kmWords(visit.odometerKm, language),
    visit.condition === null ? '' : t(`inspection.conditions.${visit.condition}`),
    visit.conditionNote,
  ].filter((part) => part !== '')
  return (
    <div data-testid="visit">
      <Text size="sm" fw={600}>
        {[sinceWords(Date.parse(visit.at), now, language), station].filter((part) => part !== '').join(', ')}
      </Text>
      <Text size="sm" component="div">
        <ToneWord tone={TONE[visit.state]}>{t(`inspection.visitStates.${visit.state}`)}</ToneWord>
      </Text>
      {notes.length > 0 && <Text size="sm">{notes.join(' · ')}</Text>}
      <Small>{visit.endedBy ?? visit.bookedBy}</Small>
      {isOpen && (
        <Group gap={6} mt={6}>
          {isAhead && mayMeetInspections(user) && (
            <Button
              size="compact-sm"
              variant="default"
              loading={arrive.isPending}
              onClick={() => arrive.mutate(undefined, { onError: refused })}
            >
              {t('inspection.arrived')}
            </Button>
          )}
          {mayDoInspections(user) && (
            <Button size="compact-sm" variant="light" onClick={() => setAsking('finish')}>
              {t('inspection.finish')}
            </Button>
          )}
          {isAhead && mayBookInspections(user) && (
            <>
              <Button size="compact-sm" variant="default" onClick={() => setAsking('postpone')}>
                {t('inspection.postpone')}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setAsking('cancel')}>
                {t('inspection.cancel')}
              </Button>
            </>
          )}
        </Group>
      )}
      {asking === 'postpone' && <PostponeDialog visit={visit} onClose={close} />}
      {asking === 'cancel' && <CancelDialog visit={visit} onClose={close} />}
      {asking === 'finish' && <FinishDialog visit={visit} onClose={close} />}
    </div>
  )
}

/** The plan of one vehicle and its visits, with what may be done about them. */
export function InspectionPage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t } = useWords()
  const vehicle = useVehicle(id)
  const card = useInspection(id)
  const [asking, setAsking] = useState<'book' | 'plan' | null>(null)
  const plate = vehicle.data?.plate ?? card.data?.plan?.plate ?? ''
  const isBooked = card.data?.visits.some(({ state }) => state === 'booked' || state === 'arrived') ?? true
  return (
    <Page
      back="/inspections"
      title={<Plate plate={plate} large />}
      lead={
        <Anchor component={Link} href={`/vehicles/${encodeURIComponent(id)}`} size="sm">
          {t('vehicle.open')}
        </Anchor>
      }
      actions={
        mayBookInspections(user) &&
        !isBooked && <Button onClick={() => setAsking('book')}>{t('inspection.book')}</Button>
      }
    >
      <QueryView query={card} loading={<Loading lines={6} height={40} />}>
        {({ plan, visits }) => (
          <>
            <Columns
              main={
                <Panel
                  title={t('inspection.plan')}
                  actions={
                    mayPlanInspections(user) && (
                      <Button size="xs" variant="default" onClick={() => setAsking('plan')}>
                        {t(plan === null ? 'inspection.setPlan' : 'inspection.editPlan')}
                      </Button>
                    )
                  }
                >
                  {plan === null ? <Quiet>{t('inspection.noPlan')}</Quiet> : <PlanFacts plan={plan} />}
                </Panel>
              }
              side={
                <Panel title={t('inspection.visits')}>
                  {visits.length === 0 && <Quiet>{t('inspection.noVisits')}</Quiet>}
                  <Stack gap="md">
                    {visits.map((visit) => (
                      <VisitLine key={visit.id} visit={visit} user={user} />
                    ))}
                  </Stack>
                </Panel>
              }
            />
            {asking === 'plan' && <PlanDialog vehicleId={id} plan={plan} onClose={() => setAsking(null)} />}
          </>
        )}
      </QueryView>
      {asking === 'book' && <BookDialog vehicleId={id} plate={plate} onClose={() => setAsking(null)} />}
    </Page>
  )
}
