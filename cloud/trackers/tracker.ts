import { z } from 'zod'
import { GatewayId, type VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { TRACKER_PREFIX } from '../history/source.ts'

/** What brings the positions: an OwnTracks phone, or a Traccar server that forwards what its devices say. */
export const TrackerKind = z.enum(['owntracks', 'traccar'])
export type TrackerKind = z.infer<typeof TrackerKind>

/**
 * A tracker's name in journal and history. It has the form of a gateway id, since it numbers records in streams of its
 * own there, and a beginning that no gateway has. No order is ever addressed to it, and nothing it says is evidence.
 */
export const TrackerId = GatewayId.refine((id) => id.startsWith(TRACKER_PREFIX), 'a tracker id')
export type TrackerId = z.infer<typeof TrackerId>

const TAIL_BYTES = 12

/** Pure. From 12 random bytes or more. */
export const trackerIdFrom = (random: Uint8Array): TrackerId =>
  TrackerId.parse(TRACKER_PREFIX + Buffer.from(random.subarray(0, TAIL_BYTES)).toString('hex').slice(0, 20))

/** As it stands in MQTT topics. */
export const TrackerName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, '1 to 64 of letters, digits, _, . and -')

export type Tracker = {
  readonly id: TrackerId
  readonly kind: TrackerKind
  /** Who proves itself: the phone's user, or the Traccar server. */
  readonly login: string
  /** OwnTracks: the device id; Traccar: the device's uniqueId. */
  readonly device: string
  readonly vehicleId: VehicleId
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly removedAt: EpochMs | null
  readonly heardAt: EpochMs | null
  /** Null until its connection has been told of. */
  readonly online: boolean | null
}
