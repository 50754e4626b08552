import type { TimeQuality } from '#contract/frame.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { Order } from '#contract/order.ts'

/** When and in which boot an order came in. */
export type Reception = { readonly steadyAt: Millis; readonly boot: string }

export type TimeNow = {
  readonly wall: EpochMs
  readonly quality: TimeQuality
  readonly steady: Millis
  readonly boot: string
  /** Latest moment the cloud has signed; true time cannot be earlier. */
  readonly floor: EpochMs
}

/** Longest life of any block order, whatever `notAfter` says. */
const LONGEST_MS = 24 * 3_600_000

/**
 * Pure. May a block still act? By `notAfter` on an NTP clock; without one by the life it had left when issued, counted
 * on the monotonic clock from reception, which a reboot ends, since nobody knows how long the gateway was dark.
 * GNSS time never decides: it can be spoofed.
 */
export function orderExpiry(order: Order, received: Reception, now: TimeNow): 'running' | 'passed' {
  if (order.action === 'unblock') return 'running'
  if (now.floor > order.notAfter) return 'passed'
  const sameBoot = received.boot === now.boot
  if (now.quality === 'ntp') {
    if (now.wall > order.notAfter) return 'passed'
    if (!sameBoot) return 'running'
  }
  const life = Math.min(order.notAfter - order.iat, LONGEST_MS)
  return sameBoot && now.steady - received.steadyAt <= life ? 'running' : 'passed'
}
