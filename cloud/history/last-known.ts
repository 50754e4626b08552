import type { Frame } from '#contract/frame.ts'
import type { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { LastKnownView } from '../vehicles/vehicle-view.ts'
import type { HistoryFrame } from './history.ts'

/** The newest frame of a vehicle, and the newest place: a car in a garage is still where it was last seen. */
export type LastKnown = {
  readonly vehicleId: VehicleId
  readonly gateway: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  readonly frame: Frame
  readonly place: LastPlace | null
}
export type LastPlace = {
  readonly lat: number
  readonly lon: number
  readonly accuracyM: number | null
  readonly at: EpochMs
}

/** A gateway whose clock runs ahead of ours by more than this must not freeze "now" at its future. */
const FUTURE_MS = 2 * 60_000

/** Pure. May this frame move "now"? Never a backfilled one, never one from the future. */
export const isCurrent = (frame: Frame, receivedAt: EpochMs): boolean =>
  frame.backfill !== true && frame.readAt <= receivedAt + FUTURE_MS

/** Pure. The newest frame and the newest trusted place per vehicle; of two of the same moment the later one wins. */
export function newestOf(frames: readonly HistoryFrame[]): readonly LastKnown[] {
  const newest = new Map<VehicleId, LastKnown>()
  for (const { vehicleId, ...candidate } of frames) {
    if (vehicleId === undefined) continue
    const known = newest.get(vehicleId)
    const place = newerPlace(known?.place ?? null, placeOf(candidate.frame))
    const newer = known === undefined || candidate.frame.readAt >= known.frame.readAt
    newest.set(vehicleId, newer ? { vehicleId, ...candidate, place } : { ...known, place })
  }
  return [...newest.values()]
}

function placeOf(frame: Frame): LastPlace | null {
  if (frame.lat === undefined || frame.lon === undefined || frame.fix === 'none' || frame.gnssTrust !== 'ok')
    return null
  return { lat: frame.lat, lon: frame.lon, accuracyM: frame.accuracyM ?? null, at: frame.readAt }
}

const newerPlace = (known: LastPlace | null, candidate: LastPlace | null): LastPlace | null =>
  candidate !== null && (known === null || candidate.at >= known.at) ? candidate : known

/**
 * Pure. As REST shows it. The position is the newest trusted one and may be older than `readAt` when `fix` or `trust` say
 * that the newest frame had none.
 */
export function lastKnownView({ frame, place }: LastKnown, now: EpochMs): LastKnownView {
  const position = place === null ? null : { lat: place.lat, lon: place.lon, accuracyM: place.accuracyM }
  return {
    position,
    speedKmh: frame.speedKmh ?? null,
    headingDeg: frame.headingDeg ?? null,
    ignition: frame.ignition ?? null,
    odometerKm: frame.odometerKm ?? null,
    readAt: frame.readAt,
    ageS: Math.max(0, Math.round((now - frame.readAt) / 1000)),
    trust: frame.gnssTrust,
    fix: frame.fix,
    timeQuality: frame.timeQuality,
  }
}
