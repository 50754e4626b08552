import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { Log } from '../log.ts'

type Deps = {
  /** Tells systemd; rejects when that cannot be done. */
  readonly notify: (state: string) => Promise<void>
  /** Silence after which systemd kills the process; undefined when it watches nothing. */
  readonly limit: Millis | undefined
  readonly clock: Clock
  readonly log: Log
}

/** Ready once, then a sign of life three times within the limit. It beats in the event loop: a hung one is silent. */
export async function runHeartbeatLoop({ notify, limit, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  const tell = async (state: string): Promise<void> => {
    try {
      await notify(state)
    } catch (cause) {
      log.error({ err: cause, state }, 'watchdog.not-told')
    }
  }
  await tell('READY=1')
  while (!stop.aborted && limit !== undefined) {
    await tell('WATCHDOG=1')
    await clock.sleep(millis(limit / 3), stop)
  }
  if (stop.aborted) await tell('STOPPING=1')
}
