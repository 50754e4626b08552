import { type Clock, type Millis, minutes, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { AuditService } from './audit-service.ts'

type Deps = {
  readonly audit: Pick<AuditService, 'advance' | 'checkpoint'>
  readonly clock: Clock
  readonly log: Log
}

const PACE: Millis = seconds(1)
const CHECKPOINT_EVERY: Millis = minutes(1)

/** Takes what waits into the tree and signs it once a minute, until told to stop, and once more then. */
export async function runAuditLoop({ audit, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  let signedAt = Number.NEGATIVE_INFINITY
  const turn = async (): Promise<void> => {
    try {
      await audit.advance()
      if (!stop.aborted && clock.steady() - signedAt < CHECKPOINT_EVERY) return
      // Nothing to sign is no reason to let the next entry wait for a minute.
      if ((await audit.checkpoint()) !== undefined) signedAt = clock.steady()
    } catch (err) {
      log.error({ err }, 'audit.turn-failed')
    }
  }
  while (!stop.aborted) {
    await turn()
    await clock.sleep(PACE, stop)
  }
  await turn()
}
