import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day, DayTime } from '../calendar/moscow-day.ts'
import type { Condition, PostponeReason, StationId, VisitId, VisitState } from '../inspections/inspection.ts'
import type { PaperId, PaperKind, RenewalId } from '../papers/paper.ts'
import type { ParkId } from '../parks/park.ts'
import type { Json } from './column.ts'

export type VehicleCardRow = {
  readonly vehicleId: VehicleId
  readonly vin: string | null
  readonly sts: string
  readonly year: number | null
  readonly colour: string
  readonly marketValueKopecks: number | null
  readonly note: string
  readonly version: number
  readonly changedAt: EpochMs
  readonly changedBy: string
}

export type PaperRow = {
  readonly id: PaperId
  readonly vehicleId: VehicleId
  readonly kind: PaperKind
  readonly number: string
  readonly issuedBy: string
  readonly validUntil: Day
  readonly note: string
  readonly addedAt: EpochMs
  readonly addedBy: string
  readonly withdrawnAt: EpochMs | null
  readonly withdrawnBy: string | null
  readonly withdrawNote: string | null
}

export type PaperRenewalRow = {
  readonly id: RenewalId
  readonly vehicleId: VehicleId
  readonly kind: PaperKind
  readonly sentAt: EpochMs
  readonly sentBy: string
  readonly note: string
  readonly endedAt: EpochMs | null
  readonly endedBy: string | null
  /** The new paper; null while it is out, and when it was called off. */
  readonly paperId: PaperId | null
}

export type InspectionPlanRow = {
  readonly vehicleId: VehicleId
  readonly stepKm: number
  readonly stepDays: number
  readonly dueKm: number | null
  readonly dueOn: Day | null
  readonly postponed: number
  readonly lastDoneKm: number | null
  readonly lastDoneOn: Day | null
  readonly version: number
}

type InspectionStationTable = {
  readonly id: StationId
  readonly parkId: ParkId
  readonly name: string
  readonly address: string
  readonly boxes: number
  readonly opens: DayTime
  readonly closes: DayTime
  readonly slotMinutes: number
  /** 0 for Monday … 6 for Sunday. */
  readonly weekdays: Json<readonly number[]>
  readonly closedAt: EpochMs | null
}

export type InspectionVisitRow = {
  readonly id: VisitId
  readonly vehicleId: VehicleId
  readonly stationId: StationId
  readonly box: number
  readonly slotAt: EpochMs
  readonly state: VisitState
  readonly bookedAt: EpochMs
  readonly bookedBy: string
  readonly arrivedAt: EpochMs | null
  readonly endedAt: EpochMs | null
  readonly endedBy: string | null
  readonly reason: PostponeReason | 'no-show' | null
  readonly reasonNote: string
  readonly counted: boolean
  readonly odometerKm: number | null
  /** The gateway's own odometer when the visit ended. */
  readonly deviceOdometerKm: number | null
  readonly condition: Condition | null
  readonly conditionNote: string
}

export type UpkeepTables = {
  vehicleCards: VehicleCardRow
  papers: PaperRow
  paperRenewals: PaperRenewalRow
  inspectionPlans: InspectionPlanRow
  inspectionStations: InspectionStationTable
  inspectionVisits: InspectionVisitRow
}
