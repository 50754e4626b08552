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
  const newest = new Map<VehicleId, { said: HistoryFrame; placed: Frame | undefined }>()
  // Every frame of a fleet passes here: nothing is made for those that are not the newest.
  for (const said of frames) {
    const { vehicleId, frame } = said
    if (vehicleId === undefined) continue
    const placed = isPlaced(frame) ? frame : undefined
    const known = newest.get(vehicleId)
    if (known === undefined) newest.set(vehicleId, { said, placed })
    else {
      if (frame.readAt >= known.said.frame.readAt) known.said = said
      if (placed !== undefined && (known.placed === undefined || placed.readAt >= known.placed.readAt))
        known.placed = placed
    }
  }
  return Array.from(
    newest,
    ([
      vehicleId,
      {
        said: { gateway, stream, seq, frame },
        placed,
      },
    ]) => ({
      ...{ vehicleId, gateway, stream, seq, frame },
      place: placed === undefined ? null : placeOf(placed),
    }),
  )
}

const isPlaced = ({ lat, lon, fix, gnssTrust }: Frame): boolean =>
  lat !== undefined && lon !== undefined && fix !== 'none' && gnssTrust === 'ok'

function placeOf({ lat, lon, accuracyM, readAt: at }: Frame): LastPlace | null {
  return lat === undefined || lon === undefined ? null : { lat, lon, accuracyM: accuracyM ?? null, at }
}

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
