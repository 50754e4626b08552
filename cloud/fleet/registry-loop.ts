import type { Clock, Millis } from '#contract/instant.ts'
import type { Log } from '../log.ts'

type Deps = {
  readonly refresh: () => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly pace: Millis
}

/** Hears what other cloud instances decided about gateways: a revocation anywhere ends the session here. */
export async function runRegistryLoop({ refresh, clock, log, pace }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(pace, stop)
    try {
      if (!stop.aborted) await refresh()
    } catch (cause) {
      log.warn({ err: cause }, 'registry.refresh-failed')
    }
  }
}
