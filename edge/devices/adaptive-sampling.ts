import type { Frame } from '#contract/frame.ts'

/** Between two kept fixes: no fix further than this from the straight line, one metre short of what is promised. */
const CORRIDOR_M = 9
const LONGEST_MS = 30_000
const FARTHEST_M = 500
const TURN_DEG = 30
/** A course says something only once the car has moved. */
const TURN_BASE_M = 15
const STANDING_KMH = 3
const DEGREE_M = 111_195

/** The last frame that was kept, and the fixes since, oldest first, which the line from it still describes. */
export type HeldFixes = { readonly kept: Frame; readonly since: readonly Frame[] }
export type Sampled = { readonly keep: readonly Frame[]; readonly held: HeldFixes }

/**
 * Pure. Which of the frames so far go into the outbox, now that `next` is there: by time, distance and turn, and whenever
 * a line past a fix would leave it by more than 9 m; so the track of the kept ones stays within 10 m of the full one. A
 * change of anything but place and motion, the end of a drive among them, keeps both sides of the change.
 */
export function sample(held: HeldFixes | undefined, next: Frame): Sampled {
  if (held === undefined) return { keep: [next], held: { kept: next, since: [] } }
  const before = held.since.at(-1)
  if (isEdge(before ?? held.kept, next)) return keeping(before === undefined ? [next] : [before, next], next)
  if (before !== undefined && !isDescribed(held, next)) {
    const fromBefore = sample({ kept: before, since: [] }, next)
    return { keep: [before, ...fromBefore.keep], held: fromBefore.held }
  }
  if (isFar(held.kept, next)) return keeping([next], next)
  return { keep: [], held: { kept: held.kept, since: [...held.since, next] } }
}

const keeping = (keep: readonly Frame[], kept: Frame): Sampled => ({ keep, held: { kept, since: [] } })

const isMovingFix = (frame: Frame): boolean => frame.timeQuality === 'gnss' && frame.lat !== undefined

/** Frames without a fix are rare and short of other proof: all are kept. */
const isEdge = (before: Frame, next: Frame): boolean =>
  !isMovingFix(before) ||
  !isMovingFix(next) ||
  before.ignition !== next.ignition ||
  before.relay !== next.relay ||
  before.gnssTrust !== next.gnssTrust ||
  before.fix !== next.fix ||
  stands(before) !== stands(next)

const stands = ({ speedKmh }: Frame): boolean => (speedKmh ?? 0) < STANDING_KMH

function isFar(kept: Frame, next: Frame): boolean {
  const [x, y] = metres(kept, next)
  const distance = Math.hypot(x, y)
  const hasTurned =
    distance > TURN_BASE_M &&
    kept.headingDeg !== undefined &&
    next.headingDeg !== undefined &&
    Math.abs(((next.headingDeg - kept.headingDeg + 540) % 360) - 180) >= TURN_DEG
  return hasTurned || distance >= FARTHEST_M || next.readAt - kept.readAt >= LONGEST_MS
}

/** Does the straight line from the kept frame to the next one pass every fix between them closely enough? */
function isDescribed({ kept, since }: HeldFixes, next: Frame): boolean {
  const end = metres(kept, next)
  return since.every((fix) => offLine(metres(kept, fix), end) <= CORRIDOR_M)
}

type Offset = readonly [eastM: number, northM: number]

function metres(from: Frame, to: Frame): Offset {
  const [lat = 0, lon = 0] = [from.lat, from.lon]
  const east = (((to.lon ?? lon) - lon + 540) % 360) - 180
  return [east * Math.cos((lat * Math.PI) / 180) * DEGREE_M, ((to.lat ?? lat) - lat) * DEGREE_M]
}

/** Distance of a point from the line between the origin and `end`. */
function offLine([x, y]: Offset, [endX, endY]: Offset): number {
  const length = endX * endX + endY * endY
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, (x * endX + y * endY) / length))
  return Math.hypot(x - along * endX, y - along * endY)
}
