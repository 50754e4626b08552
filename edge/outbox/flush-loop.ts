import { type Clock, type Millis, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { OutboxStore } from './outbox-store.ts'

type Deps = {
  readonly outboxes: readonly OutboxStore[]
  /** How long frames may wait for their message: a commit may wait as long, up to five seconds, and spare the card. */
  readonly patience: Millis
  /** Runs every second, and before every commit. */
  readonly before: () => void
  /** Runs after a commit that stored something. */
  readonly committed: () => void
  readonly clock: Clock
  readonly log: Log
}

const EVERY = seconds(1)
/** The most that a power cut may take which nobody had been promised: a frame is accepted when it is committed. */
const LONGEST = seconds(5)

/**
 * Grouped commit: what was taken within a second, or five where nobody waits for it, goes to disk together; what the disk
 * refuses is tried again. Everything goes to disk at the end.
 */
export async function runFlushLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const refusing = new Set<OutboxStore>()
  const every = millis(Math.min(LONGEST, Math.max(EVERY, deps.patience)))
  let flushedAt = deps.clock.steady()
  const flush = (): void => {
    flushedAt = deps.clock.steady()
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
    await deps.clock.sleep(EVERY, stop)
    deps.before()
    // Half a second of grace: timers fire late, and five seconds must not become six.
    if (stop.aborted || deps.clock.steady() - flushedAt >= every - EVERY / 2) flush()
  }
}
