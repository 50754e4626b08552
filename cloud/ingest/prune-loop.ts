import { type Clock, later, type Millis, minutes } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { JournalStore } from './journal-store.ts'

type Deps = {
  readonly journal: Pick<JournalStore, 'prune'>
  readonly clock: Clock
  readonly log: Log
  /** Entries younger than this stay, whatever the cursors say. */
  readonly keep: Millis
}

/** Once an hour forgets what every projection has stored and age allows, until told to stop. */
export async function runPruneLoop({ journal, clock, log, keep }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(minutes(60), stop)
    if (stop.aborted) return
    try {
      const pruned = journal.prune(later(clock.now(), -keep))
      if (pruned > 0) log.info({ pruned }, 'journal.pruned')
    } catch (cause) {
      log.error({ err: cause }, 'journal.prune-failed')
    }
  }
}
