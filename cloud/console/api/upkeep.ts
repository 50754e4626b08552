import type { Day } from './leasing.ts'
import type { InstantText } from './vehicle.ts'

export const INSPECTION_STATES = ['critical', 'overdue', 'due', 'soon', 'ok', 'unknown'] as const
export type InspectionState = (typeof INSPECTION_STATES)[number]
export const POSTPONE_REASONS = ['busy', 'ill', 'far', 'broken', 'park', 'other'] as const
export type PostponeReason = (typeof POSTPONE_REASONS)[number]
export const CONDITIONS = ['good', 'repair-soon', 'repair-now', 'unfit'] as const
export type Condition = (typeof CONDITIONS)[number]

export type VehicleInspection = {
  readonly state: InspectionState
  readonly dueKm: number | null
  readonly dueOn: Day | null
  readonly kmLeft: number | null
  readonly daysLeft: number | null
  readonly forecastOn: Day | null
  readonly postponed: number
  readonly visit: { readonly id: string; readonly at: InstantText; readonly station: string } | null
}

export type Inspection = VehicleInspection & {
  readonly vehicleId: string
  readonly plate: string
  readonly model: string
  readonly stepKm: number
  readonly stepDays: number
  readonly lastDoneKm: number | null
  readonly lastDoneOn: Day | null
  readonly version: number
}

export type Visit = {
  readonly id: string
  readonly vehicleId: string
  readonly stationId: string
  readonly box: number
  readonly at: InstantText
  readonly state: 'booked' | 'arrived' | 'done' | 'postponed' | 'no-show' | 'cancelled'
  readonly bookedAt: InstantText
  readonly bookedBy: string
  readonly arrivedAt: InstantText | null
  readonly endedAt: InstantText | null
  readonly endedBy: string | null
  readonly reason: PostponeReason | 'no-show' | null
  readonly reasonNote: string
  readonly counted: boolean
  readonly odometerKm: number | null
  readonly deviceOdometerKm: number | null
  readonly condition: Condition | null
  readonly conditionNote: string
}

export type InspectionCard = { readonly plan: Inspection | null; readonly visits: readonly Visit[] }

export type Station = {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly boxes: number
  readonly opens: string
  readonly closes: string
  readonly slotMinutes: number
  /** 0 for Monday. */
  readonly weekdays: readonly number[]
}

export type Slot = { readonly at: InstantText; readonly free: number }

export const PAPER_KINDS = ['dk', 'osago', 'osgop'] as const
export type PaperKind = (typeof PAPER_KINDS)[number]
export type PaperState = 'valid' | 'ending' | 'ended' | 'missing'

export type PaperStanding = {
  readonly kind: PaperKind
  readonly state: PaperState
  readonly validUntil: Day | null
  readonly daysLeft: number | null
}

export type PaperLine = PaperStanding & {
  readonly vehicleId: string
  readonly plate: string
  readonly model: string
  readonly paperId: string | null
  readonly number: string | null
  readonly renewal: { readonly id: string; readonly sentAt: InstantText; readonly sentBy: string } | null
}

export type Paper = {
  readonly id: string
  readonly vehicleId: string
  readonly kind: PaperKind
  readonly number: string
  readonly issuedBy: string
  readonly validUntil: Day
  readonly note: string
  readonly addedAt: InstantText
  readonly addedBy: string
  readonly withdrawn: { readonly at: InstantText; readonly by: string; readonly note: string } | null
}

export type VehiclePapers = {
  readonly standings: readonly PaperStanding[]
  /** Sentences: why the vehicle is not handed out. */
  readonly hindrances: readonly string[]
  readonly renewals: readonly {
    readonly id: string
    readonly kind: PaperKind
    readonly sentAt: InstantText
    readonly sentBy: string
    readonly note: string
  }[]
  readonly items: readonly Paper[]
}
