import { type Millis, millis, minutes, seconds } from '#contract/instant.ts'

const FIRST_MS = 1000
const LONGEST_MS = 60_000
/** A connection that held so long was a good one. */
const STABLE = seconds(60)
/** So many short ones in a row that the other side ended mean that somebody else uses our name. */
const CONTESTED_AFTER = 5
const NAMED_EVERY = minutes(60)

/** How connecting went lately: `failures` and `shortLived` in a row, and when a contest was last named. */
export type ConnectHistory = { readonly failures: number; readonly shortLived: number; readonly namedAt?: Millis }

/** How one connection ended: never stood, ended by us (stop, silent link), or by the other side. */
export type ConnectionEnd = { readonly by: 'no-connection' | 'us' | 'them'; readonly lasted: Millis }

export const FIRST_TRY: ConnectHistory = { failures: 0, shortLived: 0 }

/**
 * Pure. Goes on counting. Two gateways with one identity end each other's sessions: a short one therefore counts as a
 * failure, so that both slow down to a takeover a minute, and after five the contest is worth an event, once an hour.
 */
export function connectionEnded(
  history: ConnectHistory,
  end: ConnectionEnd,
  now: Millis,
): { readonly history: ConnectHistory; readonly isContested: boolean } {
  const isStable = end.by !== 'no-connection' && end.lasted >= STABLE
  const failures = isStable ? 0 : history.failures + 1
  const shortLived = isStable ? 0 : history.shortLived + (end.by === 'them' ? 1 : 0)
  const isTold = history.namedAt !== undefined && now - history.namedAt < NAMED_EVERY
  const isContested = shortLived >= CONTESTED_AFTER && !isTold
  const namedAt = isContested ? now : history.namedAt
  return {
    history: { failures, shortLived, ...(namedAt === undefined ? {} : { namedAt }) },
    isContested,
  }
}

/**
 * Pure. How long to wait before connecting again after `failures` in a row: doubling from 1 s to 60 s, spread by
 * `random` (0 to 1) over the upper half, so that a fleet does not come back in one second.
 */
export function reconnectPause(failures: number, random: number): Millis {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  return millis(full / 2 + (full / 2) * random)
}
