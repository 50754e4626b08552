import type { Frame } from '#contract/frame.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { type Clock, type EpochMs, later } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { Missing } from '../ingest/missing-store.ts'
import { isFarAhead } from '../ingest/stamp.ts'
import type { LastKnownView } from '../vehicles/vehicle-view.ts'
import { type Blank, blanksOf, type Witness } from './blank.ts'
import type { History, HistoryFrame, PastFrame, TrackFields } from './history.ts'
import { isCurrent, lastKnownView, newestOf } from './last-known.ts'
import type { LastKnownStore } from './last-known-store.ts'
import { type Mileage, mileageOf } from './mileage.ts'
import { oneLine, sourceKind } from './source.ts'
import { breaksOf, type PlacedFrame, placedFrames } from './span.ts'
import { type SpeedProfile, speedProfileOf } from './speed.ts'
import { type Line, thinTrack } from './track.ts'
import { type Journeys, journeysOf, type StopRule } from './trips.ts'

export type Range = { readonly from: EpochMs; readonly to: EpochMs }
export type Track = Line<PlacedFrame> & {
  /** Before thinning. */
  readonly total: number
}
export type TrackWish = Range & { readonly maxPoints: number; readonly simplifyM: number }

export type HistoryService = {
  /** Stores every frame; wants large writes: run it with `HISTORY_PACE`. */
  readonly historyProjection: Projection
  /** Moves "now"; ignores backfill and whatever is older than what it has. */
  readonly lastKnownProjection: Projection
  /** Positions of a vehicle, thinned. Faults: `vehicle/unknown`, `history/range`. */
  track(vehicleId: VehicleId, wish: TrackWish): Promise<Track>
  /** The whole track, a day at a time; a piece without gaps may come in several parts. Faults as `track`, at once. */
  trackParts(vehicleId: VehicleId, range: Range): Promise<AsyncIterable<TrackPart>>
  /** Trips and stops. Faults as `track`. */
  journeys(vehicleId: VehicleId, range: Range, rule: StopRule): Promise<Journeys>
  speed(vehicleId: VehicleId, range: Range, maxPoints: number): Promise<SpeedProfile>
  /** When nobody knows where the vehicle was, and why. Faults as `track`. */
  blanks(vehicleId: VehicleId, range: Range): Promise<readonly Blank[]>
  /** Records of that time that its gateway has made and nobody has received yet. Faults as `track`. */
  missing(vehicleId: VehicleId, range: Range): Promise<readonly Missing[]>
  /** Kilometres with their error and the gaps. Faults as `track`. */
  mileage(vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<Mileage>
  /** For the vehicle pages; a vehicle never heard of is absent. */
  lastKnownOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, LastKnownView>>
}

type Deps = {
  readonly history: History
  readonly lastKnown: LastKnownStore
  readonly witness: { of(vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<Witness> }
  missingOf(vehicleId: VehicleId): Promise<readonly Missing[]>
  /** Called after the frames are in the store and before the journal's cursor moves; a rejection repeats both. */
  stored(frames: readonly HistoryFrame[]): Promise<void>
  readonly clock: Clock
  vehicleOf(gateway: GatewayId, at: EpochMs): VehicleId | undefined
  vehicleExists(vehicleId: VehicleId): Promise<boolean>
  /** Told after "now" has moved for a vehicle. */
  readonly changed?: (vehicleId: VehicleId) => void
}

export type TrackPart = { readonly frames: readonly PlacedFrame[]; readonly begins: 'piece' | 'on' }

const DAY_MS = 24 * 3600 * 1000
const LONGEST_MS = 62 * DAY_MS

/** Where the vehicles are and were, and how far they went. */
export function createHistoryService(deps: Deps): HistoryService {
  /** With a wish, only those that `isWanted`. */
  const framesOf = (
    entries: readonly JournalEntry[],
    isWanted?: (frame: Frame, receivedAt: EpochMs) => boolean,
  ): readonly HistoryFrame[] => {
    const frames: HistoryFrame[] = []
    for (const { gateway, stream, seq, receivedAt, record: frame } of entries) {
      if (frame.kind !== 'frame' || isWanted?.(frame, receivedAt) === false) continue
      // Kept under its gateway; a day that has not begun is no place in a vehicle's past.
      const vehicleId = isFarAhead(frame.readAt, receivedAt) ? undefined : deps.vehicleOf(gateway, frame.readAt)
      frames.push({ gateway, stream, seq, vehicleId, frame })
    }
    return frames
  }
  const line = async (
    vehicleId: VehicleId,
    from: EpochMs,
    to: EpochMs,
    wish: TrackFields = 'every',
  ): Promise<readonly PastFrame[]> => oneLine(await deps.history.track(vehicleId, from, to, wish))
  const check = async (vehicleId: VehicleId, { from, to }: Range): Promise<void> => {
    if (to <= from) throw new Fault('history/range', 'to must lie behind from')
    if (to - from > LONGEST_MS) throw new Fault('history/range', 'at most 62 days at a time')
    if (!(await deps.vehicleExists(vehicleId))) throw new Fault('vehicle/unknown')
  }
  const past = async (vehicleId: VehicleId, range: Range, wish?: TrackFields): Promise<readonly PastFrame[]> => {
    await check(vehicleId, range)
    return line(vehicleId, range.from, range.to, wish)
  }
  async function* parts(vehicleId: VehicleId, { from, to }: Range): AsyncIterable<TrackPart> {
    let before: PlacedFrame | undefined
    for (let start = from; start < to; start = later(start, DAY_MS)) {
      const end = later(start, Math.min(DAY_MS, to - start))
      const placed = placedFrames(await line(vehicleId, start, end))
      const known = before === undefined ? placed : [before, ...placed]
      const skip = known.length - placed.length
      const starts = new Set(before === undefined ? [0, ...breaksOf(known)] : breaksOf(known))
      const cuts = [skip, ...[...starts].filter((index) => index > skip)]
      for (const [index, cut] of cuts.entries()) {
        const frames = known.slice(cut, cuts[index + 1])
        if (frames.length > 0) yield { frames, begins: starts.has(cut) ? 'piece' : 'on' }
      }
      before = placed.at(-1) ?? before
    }
  }
  return {
    historyProjection: {
      name: 'history',
      apply: async (entries) => {
        const frames = framesOf(entries)
        if (frames.length === 0) return
        await deps.history.write(frames)
        await deps.stored(frames)
      },
    },
    lastKnownProjection: {
      name: 'last-known',
      apply: async (entries) => {
        const current = framesOf(entries, isCurrent)
        // One after the other: whether a tracker is believed depends on what the vehicle's own gateway has said.
        for (const kind of ['gateway', 'tracker'] as const) {
          const newest = newestOf(current.filter(({ gateway }) => sourceKind(gateway) === kind))
          await deps.lastKnown.keepNewest(newest)
          for (const { vehicleId } of newest) deps.changed?.(vehicleId)
        }
      },
    },
    track: async (vehicleId, { maxPoints, simplifyM, ...range }) => {
      const points = placedFrames(await past(vehicleId, range, 'drawn'))
      const limits = { points: maxPoints, toleranceM: simplifyM }
      return { ...thinTrack({ points, breaks: breaksOf(points) }, limits), total: points.length }
    },
    trackParts: async (vehicleId, range) => {
      await check(vehicleId, range)
      return parts(vehicleId, range)
    },
    journeys: async (vehicleId, range, rule) => journeysOf(await past(vehicleId, range), rule),
    speed: async (vehicleId, range, maxPoints) => speedProfileOf(await past(vehicleId, range), maxPoints),
    blanks: async (vehicleId, range) => {
      const until = Math.min(range.to, deps.clock.now())
      const told = { from: range.from, to: later(range.from, Math.max(0, until - range.from)) }
      return blanksOf(await past(vehicleId, range), told, await deps.witness.of(vehicleId, range.from, range.to))
    },
    missing: async (vehicleId, range) => {
      await check(vehicleId, range)
      const all = await deps.missingOf(vehicleId)
      return all.filter(({ from, to }) => to >= range.from && (from ?? to) < range.to)
    },
    mileage: async (vehicleId, from, to) => mileageOf(await past(vehicleId, { from, to })),
    lastKnownOf: async (vehicles) => {
      const now = deps.clock.now()
      const known = await deps.lastKnown.of(vehicles)
      return new Map(known.map((one) => [one.vehicleId, lastKnownView(one, now)]))
    },
  }
}
