import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { MileageService } from './mileage-service.ts'

type Deps = { readonly mileage: Pick<MileageService, 'countDue'>; readonly clock: Clock; readonly log: Log }

const IDLE = seconds(20)
const RETRY = seconds(30)
/** Between two helpings, so that a night's counting does not starve everything else. */
const BREATH = millis(20)

/** Counts days as they become due, until told to stop. What fails stays due. */
export async function runMileageLoop({ mileage, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      const counted = await mileage.countDue()
      await clock.sleep(counted === 0 ? IDLE : BREATH, stop)
    } catch (cause) {
      log.warn({ err: cause }, 'mileage.not-counted')
      await clock.sleep(RETRY, stop)
    }
  }
}
