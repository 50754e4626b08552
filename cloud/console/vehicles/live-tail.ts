import type { TrackPoint } from '../api/track.ts'
import type { Vehicle } from '../api/vehicle.ts'

const pointOf = ({ lastKnown }: Vehicle): TrackPoint | null =>
  lastKnown === null || lastKnown.position === null
    ? null
    : {
        readAt: lastKnown.readAt,
        lat: lastKnown.position.lat,
        lon: lastKnown.position.lon,
        speedKmh: lastKnown.speedKmh,
        headingDeg: lastKnown.headingDeg,
        ignition: lastKnown.ignition,
        trust: lastKnown.trust,
      }

const at = (point: TrackPoint | undefined): number => (point === undefined ? 0 : Date.parse(point.readAt))

/**
 * Pure. The tail of today's track: what the live feed said since the track was last read, with this vehicle's newest
 * position at its end. Answers the same array when nothing was added.
 */
export function growTail(
  tail: readonly TrackPoint[],
  vehicle: Vehicle,
  points: readonly TrackPoint[],
): readonly TrackPoint[] {
  const read = at(points.at(-1))
  const left = tail.filter((point) => at(point) > read)
  const newest = pointOf(vehicle)
  if (newest !== null && at(newest) > Math.max(read, at(left.at(-1)))) return [...left, newest]
  return left.length === tail.length ? tail : left
}
