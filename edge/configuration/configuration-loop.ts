import { type Clock, minutes, seconds } from '#contract/instant.ts'
import type { GatewayStatus } from '../gateway.ts'
import { applyWait } from './applicable.ts'
import type { ConfigurationService } from './configuration-service.ts'

type Deps = {
  readonly service: Pick<ConfigurationService, 'stage' | 'waiting' | 'confirm' | 'rollBack' | 'held' | 'apply'>
  readonly status: () => GatewayStatus
  readonly ignition: 'installed' | 'none'
  /** Whether the waiting document drives the relay as what is in force does. */
  readonly wiring: () => 'same' | 'other'
  /** The gateway is to be run anew with what is now in force. */
  readonly restart: () => void
  /** A trial has ended well. */
  readonly confirmed: () => void
  readonly clock: Clock
}

const LOOK = seconds(1)
/** A configuration under which the cloud does not come back for so long is taken back. Source: edge notes §5. */
export const LINK_LIMIT = minutes(5)

/** Watches one run: ends a trial one way or the other, and applies what waits as soon as it may be. */
export async function runConfigurationLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { service, clock } = deps
  const began = clock.steady()
  while (!stop.aborted) {
    const status = deps.status()
    if (service.stage() === 'trial') {
      if (status.uplink === 'connected') {
        service.confirm()
        deps.confirmed()
      } else if (
        clock.steady() - began >= LINK_LIMIT &&
        service.rollBack(['the link to the cloud did not come back within 5 minutes'])
      )
        return deps.restart()
    } else if (service.waiting() !== undefined) {
      const wait = applyWait({ ...status, ignitionInstalled: deps.ignition === 'installed' }, deps.wiring())
      if (wait !== undefined) service.held(wait)
      else if (applied(service)) return deps.restart()
    }
    await clock.sleep(LOOK, stop)
  }
}

/** A disk that refuses leaves everything as it was; the next look tries again. */
function applied(service: Pick<ConfigurationService, 'apply'>): boolean {
  try {
    service.apply()
    return true
  } catch {
    return false
  }
}
