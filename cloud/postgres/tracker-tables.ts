import type { StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { TrackerId, TrackerKind } from '../trackers/tracker.ts'

export type TrackerLoginRow = {
  readonly login: string
  readonly kind: TrackerKind
  /** SHA-256 of 256 random bits, hex. */
  readonly secretHash: string
  readonly createdAt: EpochMs
  readonly createdBy: string
}

export type TrackerRow = {
  readonly id: TrackerId
  readonly login: string
  readonly device: string
  readonly vehicleId: VehicleId
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly removedAt: EpochMs | null
  readonly removedBy: string | null
  readonly heardAt: EpochMs | null
  readonly online: boolean | null
}

export type TrackerMessageRow = {
  readonly trackerId: TrackerId
  readonly digest: string
  readonly stream: StreamId
  readonly seq: number
  readonly at: EpochMs
}

export type TrackerRefusalRow = {
  readonly login: string
  readonly device: string
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
  readonly messages: number
}

/** Tables of third-party trackers. */
export type TrackerTables = {
  trackerLogins: TrackerLoginRow
  trackers: TrackerRow
  trackerMessages: TrackerMessageRow
  trackerRefusals: TrackerRefusalRow
}
