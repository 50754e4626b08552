import { z } from 'zod'
import { type Day, dayPlus, daysBetween } from '../calendar/moscow-day.ts'

export const StationId = z.uuid().brand<'StationId'>()
export type StationId = z.infer<typeof StationId>
export const VisitId = z.uuid().brand<'VisitId'>()
export type VisitId = z.infer<typeof VisitId>

export const VisitState = z.enum(['booked', 'arrived', 'done', 'postponed', 'no-show', 'cancelled'])
export type VisitState = z.infer<typeof VisitState>

export const PostponeReason = z.enum(['busy', 'ill', 'far', 'broken', 'park', 'other'])
/** Why a visit was put off; `park`: by the park itself (no box, no parts), which never counts against the driver. */
export type PostponeReason = z.infer<typeof PostponeReason>

export const Condition = z.enum(['good', 'repair-soon', 'repair-now', 'unfit'])
export type Condition = z.infer<typeof Condition>

export const InspectionState = z.enum(['unknown', 'ok', 'soon', 'due', 'overdue', 'critical'])
/**
 * `due`: the last day or kilometre has been reached; `overdue`: it has been passed; `critical`: by more than the grace of
 * policy; `unknown`: neither a day nor kilometres can be told.
 */
export type InspectionState = z.infer<typeof InspectionState>

export type InspectionPlan = { readonly dueKm: number | null; readonly dueOn: Day | null; readonly postponed: number }

export type InspectionGrace = { readonly km: number; readonly days: number }

/** What is known of the vehicle. An old odometer is a lower bound: the car has driven that far at least. */
export type Driven = {
  readonly odometerKm: number | undefined
  /** Kilometres of a usual day; undefined when there is too little history. */
  readonly kmPerDay: number | undefined
}

export type InspectionStanding = {
  readonly state: InspectionState
  /** Until the due kilometre; negative once passed. Null: no odometer or no due kilometre. */
  readonly kmLeft: number | null
  readonly daysLeft: number | null
  /** The day on which it falls due at the usual pace. */
  readonly forecastOn: Day | null
}

/** From here on the driver is reminded. */
export const SOON = { km: 1000, days: 14 } as const

/** Pure. How an inspection stands today. */
export function inspectionStanding(
  { dueKm, dueOn }: InspectionPlan,
  { odometerKm, kmPerDay }: Driven,
  today: Day,
  grace: InspectionGrace,
): InspectionStanding {
  const kmLeft = dueKm === null || odometerKm === undefined ? null : Math.floor(dueKm - odometerKm)
  const daysLeft = dueOn === null ? null : daysBetween(today, dueOn)
  const least = { km: kmLeft ?? Infinity, days: daysLeft ?? Infinity }
  return { state: stateOf(kmLeft, daysLeft, least, grace), kmLeft, daysLeft, forecastOn: forecast() }

  function forecast(): Day | null {
    const byKm =
      kmLeft === null || kmPerDay === undefined || kmPerDay <= 0
        ? null
        : dayPlus(today, Math.max(0, Math.min(3650, Math.floor(kmLeft / kmPerDay))))
    const days = [byKm, dueOn].filter((day) => day !== null)
    return days.toSorted()[0] ?? null
  }
}

function stateOf(
  kmLeft: number | null,
  daysLeft: number | null,
  least: { readonly km: number; readonly days: number },
  grace: InspectionGrace,
): InspectionState {
  if (kmLeft === null && daysLeft === null) return 'unknown'
  if (least.km < -grace.km || least.days < -grace.days) return 'critical'
  if (least.km < 0 || least.days < 0) return 'overdue'
  if (least.km === 0 || least.days === 0) return 'due'
  return least.km <= SOON.km || least.days <= SOON.days ? 'soon' : 'ok'
}

/**
 * Pure. The plan after a visit that ended at this odometer on this day: the next due point, the counter at zero. Rules judge
 * by the vehicle's own odometer: a number typed too low never makes the next one due before its step is driven.
 */
export const planAfter = (
  step: { readonly stepKm: number; readonly stepDays: number },
  { odometerKm, deviceOdometerKm }: { readonly odometerKm: number; readonly deviceOdometerKm: number | null },
  day: Day,
): InspectionPlan & { readonly lastDoneKm: number; readonly lastDoneOn: Day } => ({
  dueKm: Math.max(odometerKm, Math.floor(deviceOdometerKm ?? 0)) + step.stepKm,
  dueOn: dayPlus(day, step.stepDays),
  postponed: 0,
  lastDoneKm: odometerKm,
  lastDoneOn: day,
})

/** Pure. Whether putting off counts against the driver (requirements §9: his own and a no-show do, the park's does not). */
export const counts = (reason: PostponeReason | 'no-show'): boolean => reason !== 'park'

/** Words on screens for what drivers say. */
export const REASON_NAMES: Readonly<Record<PostponeReason | 'no-show', string>> = {
  busy: 'Занят на линии',
  ill: 'Болен',
  far: 'Далеко от станции',
  broken: 'Машина не на ходу',
  park: 'Перенёс парк',
  other: 'Другое',
  'no-show': 'Не приехал',
}
