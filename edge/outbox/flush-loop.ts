import { type Clock, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { OutboxStore } from './outbox-store.ts'

type Deps = {
  readonly outboxes: readonly OutboxStore[]
  /** Runs before every commit. */
  readonly before: () => void
  /** Runs after a commit that stored something. */
  readonly committed: () => void
  readonly clock: Clock
  readonly log: Log
}

/** Grouped commit: what was taken within a second goes to disk together; what the disk refuses is tried again. */
export async function runFlushLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const refusing = new Set<OutboxStore>()
  const flush = (): void => {
    deps.before()
    for (const outbox of deps.outboxes) {
      try {
        if (outbox.flush() > 0) deps.committed()
        if (refusing.delete(outbox)) deps.log.info({}, 'outbox.writable-again')
      } catch (cause) {
        if (!refusing.has(outbox)) deps.log.error({ err: cause }, 'outbox.unwritable')
        refusing.add(outbox)
      }
    }
  }
  while (!stop.aborted) {
    await deps.clock.sleep(seconds(1), stop)
    flush()
  }
}
