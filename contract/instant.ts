import { z } from 'zod'

/** A moment: milliseconds since 1970-01-01T00:00:00Z, as on the wire between gateway and cloud. */
export const EpochMs = z.int().brand<'EpochMs'>()
export type EpochMs = z.infer<typeof EpochMs>

/** 2100-01-01. */
export const LAST_TOLD_MS = 4_102_444_800_000

/** A moment as a device tells it: from 1970 to 2099. Beyond that calendars and stores end, each at a place of its own. */
export const ToldMs = EpochMs.min(0).max(LAST_TOLD_MS)

/** A length of time in milliseconds. Also the reading of a monotonic clock, whose zero means nothing. */
export const Millis = z.number().brand<'Millis'>()
export type Millis = z.infer<typeof Millis>

/** RFC 3339 as REST and console speak it ↔ EpochMs. A codec, so that routes encode and OpenAPI says date-time. */
export const Instant = z.codec(
  z.iso.datetime({ offset: true }),
  EpochMs.meta({ type: 'string', format: 'date-time' }),
  {
    decode: (text) => Date.parse(text) as EpochMs,
    encode: (at) => new Date(at).toISOString(),
  },
)

export const epochMs = (value: number): EpochMs => EpochMs.parse(value)
export const millis = (value: number): Millis => value as Millis
export const seconds = (value: number): Millis => (value * 1000) as Millis
export const minutes = (value: number): Millis => (value * 60_000) as Millis

/** Pure. The moment `length` after `at` (before it, when negative). */
export const later = (at: EpochMs, length: number): EpochMs => (at + length) as EpochMs

/** The one source of time; real in main.ts, turned by hand in tests and in the simulator. */
export type Clock = {
  /** Wall time. May jump: for stamping and for expiry only. */
  now(): EpochMs
  /** Monotonic reading. Every age, timeout and interlock timer is a difference of two of these. */
  steady(): Millis
  /** Resolves after `length`, or at once when `stop` fires; never rejects. */
  sleep(length: Millis, stop: AbortSignal): Promise<void>
}
