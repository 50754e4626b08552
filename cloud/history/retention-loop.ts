import { type Clock, epochMs, minutes } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { RetentionStore } from './retention-store.ts'

type Deps = {
  readonly retention: RetentionStore
  readonly keepMonths: number
  dropped(): void
  readonly clock: Clock
  readonly log: Log
}

const PACE = minutes(6 * 60)

/** Forgets the months beyond `keepMonths` that everything has been counted of, until told to stop. */
export async function runRetentionLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await forgetOld(deps)
    } catch (cause) {
      deps.log.warn({ err: cause }, 'history.months-not-forgotten')
    }
    await deps.clock.sleep(PACE, stop)
  }
}

async function forgetOld({ retention, keepMonths, dropped, clock, log }: Deps): Promise<void> {
  const now = new Date(clock.now())
  const limit = epochMs(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - keepMonths))
  for (const month of await retention.monthsBefore(limit)) {
    const fate = await retention.forget(month)
    log.info({ month: month.name, fate }, fate === 'dropped' ? 'history.month-forgotten' : 'history.month-uncounted')
    dropped()
  }
}
