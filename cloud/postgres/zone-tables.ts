import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParkId } from '../parks/park.ts'
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

/** A zone somebody has drawn; the zone of work comes with the house and has no row. */
export type ZoneRow = {
  readonly id: string
  readonly kind: 'parking' | 'forbidden' | 'never_block'
  readonly name: string
  /** Null: for the cars of every park. */
  readonly parkId: ParkId | null
  readonly geometry: Json<unknown>
  readonly circle: Json<unknown> | null
  readonly note: string
  readonly version: number
  readonly changedAt: EpochMs
  readonly changedBy: string
  readonly archivedAt: EpochMs | null
}

export type ZoneVersionRow = Pick<
  ZoneRow,
  'version' | 'kind' | 'name' | 'geometry' | 'note' | 'changedAt' | 'changedBy'
> & { readonly zoneId: string; readonly change: 'drawn' | 'changed' | 'archived' }

export type PositionLeapRow = {
  readonly vehicleId: VehicleId
  readonly at: EpochMs
  readonly lat: number
  readonly lon: number
  readonly fromLat: number
  readonly fromLon: number
}

/** `own`: the receiver's or gateway's own word; `fleet`: many cars claim the same at once. */
export type SignalDoubtRow = {
  readonly vehicleId: VehicleId
  readonly cause: 'own' | 'leap' | 'odometer' | 'fleet'
  readonly since: EpochMs
}

export type AreaOutageRow = {
  readonly id: string
  readonly cell: string
  readonly lat: number
  readonly lon: number
  readonly beganAt: EpochMs
  readonly endedAt: EpochMs | null
  readonly vehiclesThere: number
}

export type AreaOutageVehicleRow = {
  readonly outageId: string
  readonly vehicleId: VehicleId
  readonly silentSince: EpochMs
  readonly backAt: EpochMs | null
}

export type ZoneTables = {
  crossings: CrossingRow
  zoneStates: ZoneStateRow
  zones: ZoneRow
  zoneVersions: ZoneVersionRow
  positionLeaps: PositionLeapRow
  signalDoubts: SignalDoubtRow
  areaOutages: AreaOutageRow
  areaOutageVehicles: AreaOutageVehicleRow
}
