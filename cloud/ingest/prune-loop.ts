import { type Clock, later, type Millis, millis, minutes } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { JournalStore } from './journal-store.ts'

type Deps = {
  readonly journal: Pick<JournalStore, 'prune'>
  readonly clock: Clock
  readonly log: Log
  /** Entries younger than this stay, whatever the cursors say. */
  readonly keep: Millis
}

/** Between two handfuls, for records to come in. */
const BREATH = millis(10)

/** Once an hour forgets, a handful at a time, what every projection has stored and age allows, until told to stop. */
export async function runPruneLoop({ journal, clock, log, keep }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(minutes(60), stop)
    if (stop.aborted) return
    try {
      const before = later(clock.now(), -keep)
      let pruned = 0
      for (let some = journal.prune(before); some > 0 && !stop.aborted; some = journal.prune(before)) {
        pruned += some
        await clock.sleep(BREATH, stop)
      }
      if (pruned > 0) log.info({ pruned }, 'journal.pruned')
    } catch (cause) {
      log.error({ err: cause }, 'journal.prune-failed')
    }
  }
}
