import type { TrackPoint } from '../api/track.ts'

/** A parked car reports each minute, so a silence beyond this hides a part of the way. */
const GAP_MS = 3 * 60_000

/** Pure. The track cut where time is missing: a straight line across a gap would show a way nobody drove. */
export function stretchesOf(points: readonly TrackPoint[]): readonly (readonly TrackPoint[])[] {
  const stretches: TrackPoint[][] = []
  let previous = Number.NEGATIVE_INFINITY
  for (const point of points) {
    const at = Date.parse(point.readAt)
    if (at - previous > GAP_MS) stretches.push([])
    stretches.at(-1)?.push(point)
    previous = at
  }
  return stretches
}

/** Pure. Runs of points of equal trust, each run reaching to the next one's first point, so that the line stays whole. */
export function trustRuns(
  points: readonly TrackPoint[],
): readonly { readonly trusted: boolean; readonly points: readonly TrackPoint[] }[] {
  const runs: { trusted: boolean; points: TrackPoint[] }[] = []
  for (const point of points) {
    const trusted = point.trust === 'ok'
    const run = runs.at(-1)
    if (run !== undefined && run.trusted === trusted) run.points.push(point)
    else {
      run?.points.push(point)
      runs.push({ trusted, points: [point] })
    }
  }
  return runs
}
