import type { Frame, TimeQuality } from '#contract/frame.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'

export type Cadence = { readonly movingMs: number; readonly parkedMs: number }

/** The last frame, when it was made, the newest fix time that any frame has carried, and when the ignition was last on. */
export type LastFrame = {
  readonly frame: Frame
  readonly at: Millis
  readonly fixAt?: EpochMs
  /** Gone once the ignition was seen off. */
  readonly ignitionOnAt?: Millis
}

export const DEFAULT_CADENCE: Cadence = { movingMs: 1000, parkedMs: 60_000 }

/** Above this speed a car is in use though its ignition is off or unknown: towed, or without an ignition wire. */
const MOVING_KMH = 5

/** An ignition that fell silent while it was on counts as on for so long: what is not known counts as moving. */
const UNKNOWN_AS_ON_MS = 600_000

const isNewFix = (next: Frame, last: LastFrame): boolean => next.timeQuality === 'gnss' && next.readAt !== last.fixAt

/**
 * Pure. Is this moment worth a frame? In use: every new fix, by its own time, so that a 1 Hz drive keeps each fix once.
 * Parked: seldom. At once when ignition or relay changes, which is what someone is waiting to see.
 */
export function isFrameDue(next: Frame, last: LastFrame | undefined, now: Millis, cadence: Cadence): boolean {
  if (last === undefined) return true
  if (next.ignition !== last.frame.ignition || next.relay !== last.frame.relay) return true
  if (!inUse(next, last, now)) return now - last.at >= cadence.parkedMs
  if (next.timeQuality !== 'gnss') return now - last.at >= cadence.movingMs
  if (last.fixAt === undefined) return true
  return isNewFix(next, last) && Math.abs(next.readAt - last.fixAt) >= cadence.movingMs
}

function inUse(next: Frame, last: LastFrame, now: Millis): boolean {
  if (next.ignition === true || (next.speedKmh ?? 0) > MOVING_KMH) return true
  return next.ignition === undefined && last.ignitionOnAt !== undefined && now - last.ignitionOnAt < UNKNOWN_AS_ON_MS
}

/**
 * Pure. A frame without a fix, or one that repeats a fix already told, is stamped by the clock. The place of a told fix
 * is not said again: it was true at its own time, and a track must hold each fix once.
 */
export function stamped(
  next: Frame,
  last: LastFrame | undefined,
  clock: { readonly now: EpochMs; readonly quality: TimeQuality },
): Frame {
  if (next.timeQuality === 'gnss' && (last === undefined || isNewFix(next, last))) return next
  const { lat: _lat, lon: _lon, accuracyM: _accuracyM, altitudeM: _altitudeM, ...rest } = next
  return { ...(next.timeQuality === 'gnss' ? rest : next), readAt: clock.now, timeQuality: clock.quality }
}

/** Pure. What to remember of a frame that was made; `next` is the frame as it was before it was stamped. */
export function lastFrame(frame: Frame, next: Frame, last: LastFrame | undefined, at: Millis): LastFrame {
  const fixAt = next.timeQuality === 'gnss' ? next.readAt : last?.fixAt
  const ignitionOnAt = frame.ignition === undefined ? last?.ignitionOnAt : frame.ignition ? at : undefined
  return {
    frame,
    at,
    ...(fixAt === undefined ? {} : { fixAt }),
    ...(ignitionOnAt === undefined ? {} : { ignitionOnAt }),
  }
}
