import type { GatewayStatus } from '../gateway.ts'

export type ApplyWait = 'uplink-away' | 'order-open' | 'ignition-on' | 'ignition-unknown' | 'relay-open'

/**
 * Pure. What a change of configuration has to wait for; undefined when nothing does. A link that is away could not show
 * that the change had broken it; a relay left open by other wiring would stay open with nobody to close it.
 */
export function applyWait(
  { uplink, work, lastFrame, relay, ignitionInstalled }: GatewayStatus & { readonly ignitionInstalled: boolean },
  wiring: 'same' | 'other',
): ApplyWait | undefined {
  if (work !== 'none') return 'order-open'
  if (ignitionInstalled && lastFrame?.ignition === undefined) return 'ignition-unknown'
  if (lastFrame?.ignition === true || (lastFrame?.speedKmh ?? 0) > STANDING_KMH) return 'ignition-on'
  if (wiring === 'other' && relay === 'open') return 'relay-open'
  return uplink === 'away' ? 'uplink-away' : undefined
}

const STANDING_KMH = 5
