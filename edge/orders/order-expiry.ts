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
/** So far ahead of a trusted clock an order may be dated, and still outlive a reboot. */
const CLOCKS_APART_MS = 300_000

/**
 * Pure. May a block still act? By `notAfter` on an NTP clock; without one by the life it had left when issued, counted
 * on the monotonic clock from reception, which a reboot ends, since nobody knows how long the gateway was dark.
 * GNSS time never decides: it can be spoofed. An order dated into the future ends with the boot it came in.
 */
export function orderExpiry(order: Order, received: Reception, now: TimeNow): 'running' | 'passed' {
  if (order.action === 'unblock') return 'running'
  const end = Math.min(order.notAfter, order.iat + LONGEST_MS)
  if (now.floor > end) return 'passed'
  const sameBoot = received.boot === now.boot
  if (now.quality === 'ntp') {
    if (now.wall > end) return 'passed'
    if (!sameBoot) return order.iat <= now.wall + CLOCKS_APART_MS ? 'running' : 'passed'
  }
  return sameBoot && now.steady - received.steadyAt <= end - order.iat ? 'running' : 'passed'
}
