import type { Clock, Millis } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import { type Bell, restUntilRung } from '../orders/bell.ts'

type Deps = {
  readonly refresh: () => Promise<void>
  /** Rung when another instance says that it has changed something. */
  readonly bell: Bell<never>
  readonly clock: Clock
  readonly log: Log
  readonly pace: Millis
}

/** Hears what other cloud instances decided about gateways, at once or at the next look: a revocation anywhere ends the session here. */
export async function runRegistryLoop({ refresh, bell, clock, log, pace }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await restUntilRung(bell, clock, pace, stop)
    bell.take()
    try {
      if (!stop.aborted) await refresh()
    } catch (cause) {
      log.warn({ err: cause }, 'registry.refresh-failed')
    }
  }
}
