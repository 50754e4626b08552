import { type Clock, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { TrackerService } from './tracker-service.ts'
import type { TrackerStore } from './tracker-store.ts'

type Deps = {
  readonly trackers: Pick<TrackerService, 'refresh'>
  readonly store: Pick<TrackerStore, 'forgetMessages'>
  readonly clock: Clock
  readonly log: Log
}

const PACE = seconds(15)

/** Reads what other instances have registered, and forgets old messages, until told to stop. */
export async function runTrackerLoop({ trackers, store, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(PACE, stop)
    if (stop.aborted) return
    try {
      await trackers.refresh()
      await store.forgetMessages(clock.now())
    } catch (cause) {
      log.warn({ err: cause }, 'tracker.registry-not-read')
    }
  }
}
