import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day, DayTime } from '../calendar/moscow-day.ts'
import { ParkId } from '../parks/park.ts'
import type { InspectionVisitRow } from '../postgres/upkeep-tables.ts'
import {
  Condition,
  type InspectionStanding,
  InspectionState,
  PostponeReason,
  StationId,
  VisitId,
  VisitState,
} from './inspection.ts'
import type { PlanLine } from './inspection-store.ts'

/** How the inspection of a vehicle stands; kilometres of its own odometer, days of the Moscow calendar. */
export const InspectionView = z
  .strictObject({
    vehicleId: VehicleId,
    plate: z.string(),
    model: z.string(),
    state: InspectionState,
    dueKm: z.int().nullable(),
    dueOn: Day.nullable(),
    kmLeft: z.int().nullable(),
    daysLeft: z.int().nullable(),
    forecastOn: Day.nullable(),
    postponed: z.int(),
    stepKm: z.int(),
    stepDays: z.int(),
    lastDoneKm: z.int().nullable(),
    lastDoneOn: Day.nullable(),
    visit: z.strictObject({ id: VisitId, at: Instant, station: z.string() }).nullable(),
    version: z.int(),
  })
  .meta({ id: 'Inspection' })
export type InspectionView = z.infer<typeof InspectionView>

/** The part of it that stands in the vehicle's answer. */
export const VehicleInspection = InspectionView.pick({
  state: true,
  dueKm: true,
  dueOn: true,
  kmLeft: true,
  daysLeft: true,
  forecastOn: true,
  postponed: true,
  visit: true,
}).meta({ id: 'VehicleInspection' })
export type VehicleInspection = z.infer<typeof VehicleInspection>

export const VisitView = z
  .strictObject({
    id: VisitId,
    vehicleId: VehicleId,
    stationId: StationId,
    box: z.int(),
    at: Instant,
    state: VisitState,
    bookedAt: Instant,
    bookedBy: z.string(),
    arrivedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    endedBy: z.string().nullable(),
    reason: z.enum([...PostponeReason.options, 'no-show']).nullable(),
    reasonNote: z.string(),
    counted: z.boolean(),
    odometerKm: z.int().nullable(),
    /** What the gateway's odometer said at that time. */
    deviceOdometerKm: z.number().nullable(),
    condition: Condition.nullable(),
    conditionNote: z.string(),
  })
  .meta({ id: 'InspectionVisit' })
export type VisitView = z.infer<typeof VisitView>

export const StationView = z
  .strictObject({
    id: StationId,
    parkId: ParkId,
    name: z.string(),
    address: z.string(),
    boxes: z.int(),
    opens: DayTime,
    closes: DayTime,
    slotMinutes: z.int(),
    weekdays: z.array(z.int()).readonly(),
  })
  .meta({ id: 'InspectionStation' })
export type StationView = z.infer<typeof StationView>

/** Pure. */
export const inspectionView = (line: PlanLine, standing: InspectionStanding): InspectionView => ({
  ...standing,
  vehicleId: line.vehicleId,
  plate: line.plate,
  model: line.model,
  dueKm: line.dueKm,
  dueOn: line.dueOn,
  postponed: line.postponed,
  stepKm: line.stepKm,
  stepDays: line.stepDays,
  lastDoneKm: line.lastDoneKm,
  lastDoneOn: line.lastDoneOn,
  visit:
    line.visitId === null || line.slotAt === null
      ? null
      : { id: line.visitId, at: line.slotAt, station: line.stationName ?? '' },
  version: line.version,
})

/** Pure. */
export const vehicleInspection = (view: InspectionView): VehicleInspection => {
  const { state, dueKm, dueOn, kmLeft, daysLeft, forecastOn, postponed, visit } = view
  return { state, dueKm, dueOn, kmLeft, daysLeft, forecastOn, postponed, visit }
}

/** Pure. */
export const visitView = ({ slotAt, ...row }: InspectionVisitRow): VisitView => ({ ...row, at: slotAt })
