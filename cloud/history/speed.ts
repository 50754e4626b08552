import type { EpochMs } from '#contract/instant.ts'
import type { PastFrame } from './history.ts'
import { UNSEEN_MS } from './span.ts'

/** Lower ends, km/h; the last is open. */
const BANDS = [0, 3, 20, 40, 60, 80, 90, 110, 130] as const

export type SpeedBand = { readonly fromKmh: number; readonly toKmh: number | null; readonly seconds: number }
export type SpeedPoint = { readonly readAt: EpochMs; readonly speedKmh: number | null }
export type SpeedProfile = {
  readonly bands: readonly SpeedBand[]
  readonly highest: { readonly kmh: number; readonly at: EpochMs } | null
  readonly standingS: number
  readonly movingS: number
  /** Time for which nobody told a speed. */
  readonly unknownS: number
  readonly points: readonly SpeedPoint[]
}

/**
 * Pure. How fast, for how long; of frames of one line, oldest first. A speed holds until the next frame, but for five
 * minutes at most. Where the receiver is not believed the speed is unknown. The points are thinned to the highest and
 * lowest of each of `maxPoints / 2` equal times.
 */
export function speedProfileOf(frames: readonly PastFrame[], maxPoints: number): SpeedProfile {
  const seconds = BANDS.map(() => 0)
  let unknownS = 0
  let highest: SpeedProfile['highest'] = null
  for (const [index, frame] of frames.entries()) {
    const speed = speedOf(frame)
    const next = frames[index + 1]
    const silence = next === undefined ? 0 : (next.readAt - frame.readAt) / 1000
    const held = Math.min(silence, UNSEEN_MS / 1000)
    unknownS += silence - held
    if (speed === null) unknownS += held
    else {
      const band = BANDS.findLastIndex((from) => speed >= from)
      seconds[band] = (seconds[band] ?? 0) + held
      if (speed > (highest?.kmh ?? -1)) highest = { kmh: speed, at: frame.readAt }
    }
  }
  const bands = BANDS.map((fromKmh, index) => ({
    fromKmh,
    toKmh: BANDS[index + 1] ?? null,
    seconds: Math.round(seconds[index] ?? 0),
  }))
  const [standing = 0, ...moving] = seconds
  return {
    bands,
    highest,
    standingS: Math.round(standing),
    movingS: Math.round(moving.reduce((sum, part) => sum + part, 0)),
    unknownS: Math.round(unknownS),
    points: thinned(
      frames.map((frame) => ({ readAt: frame.readAt, speedKmh: speedOf(frame) })),
      maxPoints,
    ),
  }
}

const speedOf = ({ speedKmh, trust }: PastFrame): number | null => (trust === 'ok' ? speedKmh : null)

function thinned(points: readonly SpeedPoint[], most: number): readonly SpeedPoint[] {
  if (points.length <= most) return points
  const from = points[0]?.readAt ?? 0
  const slice = ((points.at(-1)?.readAt ?? 0) - from + 1) / Math.max(1, most >> 1)
  const slices = Map.groupBy(points, ({ readAt }) => Math.floor((readAt - from) / slice))
  return [...slices.values()].flatMap((part) => {
    const bySpeed = part.toSorted((a, b) => (a.speedKmh ?? -1) - (b.speedKmh ?? -1))
    const ends = new Set([bySpeed[0], bySpeed.at(-1)])
    return part.filter((point) => ends.has(point))
  })
}
