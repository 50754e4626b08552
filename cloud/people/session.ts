import { type EpochMs, later, type Millis, minutes } from '#contract/instant.ts'

/** Unused for this long, a session ends: one working day. */
export const SESSION_IDLE: Millis = minutes(12 * 60)
/** However much it is used, a session ends after a week. */
export const SESSION_LONGEST: Millis = minutes(7 * 24 * 60)
const EXTEND_EVERY: Millis = minutes(10)

export type SessionTimes = { readonly createdAt: EpochMs; readonly expiresAt: EpochMs }

/** Pure. When a session that begins now ends unless it is used. */
export const firstExpiry = (now: EpochMs): EpochMs => later(now, SESSION_IDLE)

/** Pure. The new end of a used session, or undefined while the old one is good enough (saves a write per request). */
export function extendedExpiry({ createdAt, expiresAt }: SessionTimes, now: EpochMs): EpochMs | undefined {
  const wanted = Math.min(now + SESSION_IDLE, createdAt + SESSION_LONGEST)
  return wanted - expiresAt >= EXTEND_EVERY ? later(expiresAt, wanted - expiresAt) : undefined
}
