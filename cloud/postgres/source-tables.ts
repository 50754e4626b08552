import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { PaperKind } from '../papers/paper.ts'

export type PaperCheckRow = {
  readonly vehicleId: VehicleId
  readonly kind: PaperKind
  readonly source: string
  readonly triedAt: EpochMs
  readonly outcome: 'found' | 'none' | 'unknown'
  readonly why: string
  /** When it last said something that could be read; the two below are of that answer. */
  readonly answeredAt: EpochMs | null
  readonly validUntil: Day | null
  readonly number: string
}
export type SourceStateRow = {
  readonly source: string
  /** When its turn through the fleet began that is under way or was the last. */
  readonly turnAt: EpochMs | null
  /** The last car of an unfinished turn. */
  readonly place: VehicleId | null
  readonly triedAt: EpochMs | null
  readonly okAt: EpochMs | null
  readonly problem: string | null
  readonly unreadable: number
}
export type SourceTables = { paperChecks: PaperCheckRow; sourceStates: SourceStateRow }
