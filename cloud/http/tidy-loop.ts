import { type Clock, minutes } from '#contract/instant.ts'
import type { Log } from '../log.ts'

type Deps = {
  readonly clock: Clock
  readonly log: Log
  /** What has run out and may be forgotten. */
  readonly tasks: readonly { readonly name: string; forget(): Promise<void> }[]
}

/** Once an hour forgets sessions and stored answers that have run out, until told to stop. */
export async function runTidyLoop({ clock, log, tasks }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(minutes(60), stop)
    if (stop.aborted) return
    for (const { name, forget } of tasks)
      await forget().catch((err: unknown) => log.warn({ err, task: name }, 'tidy.failed'))
  }
}
