import type { Fix, Frame, GnssTrust } from '#contract/frame.ts'
import type { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { type EpochMs, millis } from '#contract/instant.ts'
import type { JournalPace } from '../ingest/journal-loop.ts'

/** A frame as it goes into history; (gateway, stream, seq) is its identity, so storing it twice changes nothing. */
export type HistoryFrame = {
  readonly gateway: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  /** The vehicle the gateway was in when the frame was read; undefined when in none. */
  readonly vehicleId: VehicleId | undefined
  readonly frame: Frame
}

/** What questions about the past need of a frame; null = no good reading. */
export type PastFrame = {
  /** The gateway or tracker that read it. */
  readonly source: GatewayId
  readonly readAt: EpochMs
  readonly position: { readonly lat: number; readonly lon: number; readonly accuracyM: number | null } | null
  readonly speedKmh: number | null
  readonly headingDeg: number | null
  readonly ignition: boolean | null
  readonly motion: boolean | null
  readonly odometerKm: number | null
  readonly fix: Fix
  readonly trust: GnssTrust
}

/** `drawn`: accuracy, motion and odometer are not asked for, and may be null though they are known. */
export type TrackFields = 'every' | 'drawn'

/** Where frames are kept for years: a table, or a time-series database. */
export type History = {
  /** Resolves when all of them are stored; rejects when the store cannot take them now. */
  write(frames: readonly HistoryFrame[]): Promise<void>
  /** Frames of a vehicle, `from` included and `to` excluded; each source's oldest first, sources one after another. */
  track(vehicleId: VehicleId, from: EpochMs, to: EpochMs, wish?: TrackFields): Promise<readonly PastFrame[]>
}

/** How the journal loop feeds history: one line a write is a hundredth of what thousands at a time are. */
export const HISTORY_PACE: JournalPace = { batch: 5000, fill: 1000, age: millis(250) }
