import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { SaidReason, Standing } from '../idle/idle.ts'

export type VehicleStandingRow = {
  readonly vehicleId: VehicleId
  readonly standing: Standing
  readonly fromAt: EpochMs
  readonly untilAt: EpochMs | null
  readonly note: string
}

export type IdleWordRow = {
  readonly vehicleId: VehicleId
  readonly reason: SaidReason
  readonly note: string
  readonly at: EpochMs
  readonly byName: string
}

export type StandingTables = { vehicleStandings: VehicleStandingRow; vehicleIdleWords: IdleWordRow }
