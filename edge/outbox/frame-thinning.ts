import type { Frame } from '#contract/frame.ts'
import type { GatewayRecord } from '#contract/record.ts'

/** Below this speed a car stands. */
const STANDING_KMH = 3
/** A pause this long between two frames parts two trips. */
const TRIP_PAUSE_MS = 5 * 60_000

/**
 * Pure. Which of these records, oldest first, survive a thinning 1:2. Kept are reports and events, the first and the
 * last, both sides of everything that parts a drive (ignition, relay, stopping and starting, a long pause), and every
 * second of the rest.
 */
export function survivors(records: readonly GatewayRecord[]): readonly boolean[] {
  const keep = records.map(
    (record, index) => record.kind !== 'frame' || index === 0 || index === records.length - 1 || index % 2 === 0,
  )
  for (const [index, record] of records.entries()) {
    const before = records[index - 1]
    if (record.kind !== 'frame' || before?.kind !== 'frame' || !isEdge(before, record)) continue
    keep[index - 1] = true
    keep[index] = true
  }
  return keep
}

const isEdge = (before: Frame, after: Frame): boolean =>
  before.ignition !== after.ignition ||
  before.relay !== after.relay ||
  stands(before) !== stands(after) ||
  Math.abs(after.readAt - before.readAt) >= TRIP_PAUSE_MS

const stands = ({ speedKmh }: Frame): boolean | undefined =>
  speedKmh === undefined ? undefined : speedKmh < STANDING_KMH
