import { type Millis, millis } from './instant.ts'

/**
 * When small packets follow an order, and the answer to it, so long after each. TCP finds out about a lost segment by what
 * is acknowledged beyond it: alone on the line it is sent again after a timeout, with a round trip of 300 ms half a second
 * late, followed by three after that round trip (RFC 8985 6.2 with the three duplicates of RFC 5681). The last of them does
 * the same for a segment that was lost again, where a round trip is about that long; without it that takes another timeout.
 */
export const LOSS_PROBES: readonly Millis[] = [2, 4, 6, 320].map(millis)
