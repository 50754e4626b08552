import type { GeneratedAlways } from 'kysely'
import type { Fix, Frame, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'
import type { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Json } from './column.ts'

export type FrameRow = {
  readonly gatewayId: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  readonly vehicleId: VehicleId | null
  readonly readAt: EpochMs
  readonly timeQuality: TimeQuality
  readonly lat: number | null
  readonly lon: number | null
  readonly accuracyM: number | null
  readonly satellites: number | null
  readonly fix: Fix
  readonly speedKmh: number | null
  readonly headingDeg: number | null
  readonly altitudeM: number | null
  readonly ignition: boolean | null
  readonly odometerKm: number | null
  readonly engineHours: number | null
  readonly supplyVolt: number | null
  readonly motion: boolean | null
  readonly gnssTrust: GnssTrust
  readonly relay: RelayWord
  readonly backfill: boolean
  /** What questions about the past read, in one value; filled in by the database. See `packed-frames.ts`. */
  readonly packed: GeneratedAlways<Uint8Array>
}

export type LastKnownRow = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  readonly readAt: EpochMs
  readonly frame: Json<Frame>
  readonly placeLat: number | null
  readonly placeLon: number | null
  readonly placeAccuracyM: number | null
  readonly placeAt: EpochMs | null
}

/** Tables of position history and last-known values. */
export type HistoryTables = { frames: FrameRow; lastKnown: LastKnownRow }
