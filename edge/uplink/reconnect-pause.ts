import { type Millis, millis } from '#contract/instant.ts'

const FIRST_MS = 1000
const LONGEST_MS = 60_000

/**
 * Pure. How long to wait before connecting again after `failures` in a row: doubling from 1 s to 60 s, spread by
 * `random` (0 to 1) over the upper half, so that a fleet does not come back in one second.
 */
export function reconnectPause(failures: number, random: number): Millis {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  return millis(full / 2 + (full / 2) * random)
}
