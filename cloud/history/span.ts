import type { EpochMs } from '#contract/instant.ts'
import type { PastFrame } from './history.ts'
import { isTrusted } from './mileage.ts'

/** Longer than this without a trusted place, and nobody knows the way between: no line is drawn, no trip goes on unseen. */
export const UNSEEN_MS = 5 * 60_000

/** What was between two trusted places that follow each other. */
export type Hole = { readonly from: EpochMs; readonly to: EpochMs }
export type PlacedFrame = PastFrame & { readonly lat: number; readonly lon: number }

/** Pure. Every frame that has a place, trusted or not, as the track shows it. */
export function placedFrames(frames: readonly PastFrame[]): readonly PlacedFrame[] {
  const placed: PlacedFrame[] = []
  for (const frame of frames)
    if (frame.position !== null) placed.push({ ...frame, lat: frame.position.lat, lon: frame.position.lon })
  return placed
}

/**
 * Pure. The places in `placed` (from `placedFrames`) at which a new piece of the track begins: after a hole of more than
 * five minutes, and wherever belief in the receiver ends or begins. Without the first piece's 0.
 */
export function breaksOf(placed: readonly PastFrame[]): readonly number[] {
  const breaks: number[] = []
  for (let index = 1; index < placed.length; index += 1) {
    const [before, after] = [placed[index - 1], placed[index]]
    if (before === undefined || after === undefined) continue
    if (after.readAt - before.readAt > UNSEEN_MS || isTrusted(before) !== isTrusted(after)) breaks.push(index)
  }
  return breaks
}
