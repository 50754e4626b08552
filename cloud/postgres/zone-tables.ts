import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Json } from './column.ts'

/** A trusted change of side; `(vehicle, zone, at)` makes a repeated judgement harmless. */
export type CrossingRow = {
  readonly vehicleId: VehicleId
  readonly zone: string
  readonly at: EpochMs
  /** The side entered. */
  readonly side: 'inside' | 'outside'
  readonly lat: number | null
  readonly lon: number | null
  readonly evidence: Json<Readonly<Record<string, unknown>>>
  readonly recordedAt: EpochMs
}

/** Where a vehicle stands towards a zone, and in `state` what the next judgement needs to go on. */
export type ZoneStateRow = {
  readonly vehicleId: VehicleId
  readonly zone: string
  readonly inside: boolean | null
  readonly since: EpochMs | null
  readonly judgedAt: EpochMs
  readonly state: Json<unknown>
}

export type ZoneTables = { crossings: CrossingRow; zoneStates: ZoneStateRow }
