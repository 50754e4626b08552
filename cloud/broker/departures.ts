import type { GatewayId } from '#contract/ids.ts'
import { type EpochMs, type Millis, seconds } from '#contract/instant.ts'

/** A session is over, and the gateway had not said that it goes. */
export type SessionEnd = { readonly gateway: GatewayId; readonly at: EpochMs }

/** Whoever is back within this was never away: a newer session took over, or a line was cut and mended. */
const BACK_WITHIN = seconds(1)

/** Pure. Gateways whose session has ended, until that has been told or they are back. */
export function createDepartures() {
  const gone = new Map<GatewayId, { readonly end: SessionEnd; readonly since: Millis }>()
  return {
    ended: (end: SessionEnd, since: Millis): void => void gone.set(end.gateway, { end, since }),
    back: (gateway: GatewayId): void => void gone.delete(gateway),
    /** Away for longer than a moment. */
    due: (now: Millis): readonly SessionEnd[] =>
      [...gone.values()].flatMap(({ end, since }) => (now - since >= BACK_WITHIN ? [end] : [])),
    told: (ends: readonly SessionEnd[]): void => {
      for (const end of ends) if (gone.get(end.gateway)?.end === end) gone.delete(end.gateway)
    },
  }
}
