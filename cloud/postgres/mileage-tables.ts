import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { MileageGap } from '../history/mileage.ts'
import type { RevisionReason } from '../mileage/ledger.ts'
import type { Json } from './column.ts'

export type MileageDueRow = {
  readonly vehicleId: VehicleId
  readonly day: Day
  readonly dueAt: EpochMs
  readonly version: number
}

export type MileageDayRow = {
  readonly vehicleId: VehicleId
  readonly day: Day
  readonly revision: number
  readonly km: number
  readonly errorKm: number
  readonly source: 'odometer' | 'positions'
  readonly gaps: Json<readonly MileageGap[]>
  readonly frames: number
  readonly reason: RevisionReason
  readonly computedAt: EpochMs
  /** `MileageState` as JSON text: compared as it stands. */
  readonly carry: string
}

/** Tables of the mileage ledger. */
export type MileageTables = { mileageDue: MileageDueRow; mileageDays: MileageDayRow }
