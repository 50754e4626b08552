import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Clock, EpochMs } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { LastKnownView } from '../vehicles/vehicle-view.ts'
import type { History, HistoryFrame, PastFrame } from './history.ts'
import { isCurrent, lastKnownView, newestOf } from './last-known.ts'
import type { LastKnownStore } from './last-known-store.ts'
import { type Mileage, mileageOf } from './mileage.ts'
import { thinTrack } from './track.ts'

export type TrackPoint = PastFrame & { readonly lat: number; readonly lon: number }
export type Track = { readonly points: readonly TrackPoint[]; readonly total: number }

export type HistoryService = {
  /** Stores every frame; wants large writes: run it with `HISTORY_PACE`. */
  readonly historyProjection: Projection
  /** Moves "now"; ignores backfill and whatever is older than what it has. */
  readonly lastKnownProjection: Projection
  /** Positions of a vehicle, at most `maxPoints` of them. Faults: `vehicle/unknown`, `history/range`. */
  track(vehicleId: VehicleId, from: EpochMs, to: EpochMs, maxPoints: number): Promise<Track>
  /** Kilometres with their error and the gaps. Faults as `track`. */
  mileage(vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<Mileage>
  /** For the vehicle pages; a vehicle never heard of is absent. */
  lastKnownOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, LastKnownView>>
}

type Deps = {
  readonly history: History
  readonly lastKnown: LastKnownStore
  readonly clock: Clock
  vehicleOf(gateway: GatewayId, at: EpochMs): VehicleId | undefined
  vehicleExists(vehicleId: VehicleId): Promise<boolean>
  /** Told after "now" has moved for a vehicle. */
  readonly changed?: (vehicleId: VehicleId) => void
}

const LONGEST_MS = 62 * 24 * 3600 * 1000

/** Where the vehicles are and were, and how far they went. */
export function createHistoryService(deps: Deps): HistoryService {
  const framesOf = (entries: readonly JournalEntry[]): readonly (HistoryFrame & { receivedAt: EpochMs })[] =>
    entries.flatMap(({ gateway, stream, seq, receivedAt, record }) =>
      record.kind === 'frame'
        ? [{ gateway, stream, seq, receivedAt, vehicleId: deps.vehicleOf(gateway, record.readAt), frame: record }]
        : [],
    )
  const past = async (vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<readonly PastFrame[]> => {
    if (to <= from) throw new Fault('history/range', 'to must lie behind from')
    if (to - from > LONGEST_MS) throw new Fault('history/range', 'at most 62 days at a time')
    if (!(await deps.vehicleExists(vehicleId))) throw new Fault('vehicle/unknown')
    return deps.history.track(vehicleId, from, to)
  }
  return {
    historyProjection: {
      name: 'history',
      apply: async (entries) => {
        const frames = framesOf(entries)
        if (frames.length > 0) await deps.history.write(frames)
      },
    },
    lastKnownProjection: {
      name: 'last-known',
      apply: async (entries) => {
        const newest = newestOf(framesOf(entries).filter(({ frame, receivedAt }) => isCurrent(frame, receivedAt)))
        await deps.lastKnown.keepNewest(newest)
        for (const { vehicleId } of newest) deps.changed?.(vehicleId)
      },
    },
    track: async (vehicleId, from, to, maxPoints) => {
      const points = (await past(vehicleId, from, to)).flatMap((frame) =>
        frame.position === null ? [] : [{ ...frame, lat: frame.position.lat, lon: frame.position.lon }],
      )
      return { points: thinTrack(points, maxPoints), total: points.length }
    },
    mileage: async (vehicleId, from, to) => mileageOf(await past(vehicleId, from, to)),
    lastKnownOf: async (vehicles) => {
      const now = deps.clock.now()
      const known = await deps.lastKnown.of(vehicles)
      return new Map(known.map((one) => [one.vehicleId, lastKnownView(one, now)]))
    },
  }
}
