import type { Millis } from '#contract/instant.ts'

/** The profile's words: `blocked` inhibits the next start, `free` permits it. */
export type RelayDrive = 'free' | 'blocked'

/** What the relay's own register says now; `unknown` with the cause when it could not be read. */
export type DriveReading =
  | { readonly drive: RelayDrive; readonly steadyAt: Millis }
  | { readonly drive: 'unknown'; readonly cause: string; readonly steadyAt: Millis }

/** Reads a relay. Anyone may have it. */
export type ReadsRelay = { readDrive(stop: AbortSignal): Promise<DriveReading> }

/**
 * Writes a relay, once, without any retry: one declared action value of the device's profile, through the port's
 * `order` lane. Handed to the immobilizer service and to nobody else. Rejects when the write was not acknowledged,
 * which proves nothing either way: read the drive. `mayStill` is asked when the port is free, right before the bytes
 * go out; on `false` nothing is written and the call rejects.
 */
export type WritesRelay = ReadsRelay & {
  writeDrive(drive: RelayDrive, stop: AbortSignal, mayStill?: () => boolean): Promise<void>
}
