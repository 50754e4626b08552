import type { VehicleId } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import { type Bell, restUntilRung } from '../orders/bell.ts'
import type { HoldService } from './hold-service.ts'

type Deps = {
  readonly settle: HoldService['settle']
  readonly expireOverdue: () => Promise<readonly VehicleId[]>
  /** Vehicles that may call for an order: held ones, and those whose relay says it inhibits. */
  readonly suspects: () => Promise<readonly VehicleId[]>
  /** Every vehicle that ever had an order: looked at once, at start. */
  readonly everOrdered: () => Promise<readonly VehicleId[]>
  /** Rung with a vehicle whenever something about it has changed. */
  readonly bell: Bell<VehicleId>
  readonly clock: Clock
  readonly log: Log
  readonly idle: Millis
}

/** An order on its way changes several times at once; it needs the database more than this does. */
const BREATH = millis(100)

/** Brings what the vehicles do to what their holds say: expires blocks, and asks again for orders that came to nothing. */
export async function runConvergenceLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  let early: readonly VehicleId[] | undefined
  while (!stop.aborted) {
    try {
      const rung = deps.bell.take()
      const expired = await deps.expireOverdue()
      const before = early ?? (await deps.everOrdered())
      early = await deps.settle([...new Set([...rung, ...expired, ...before, ...(await deps.suspects())])])
    } catch (cause) {
      deps.log.warn({ err: cause }, 'convergence.failed')
    }
    await restUntilRung(deps.bell, deps.clock, deps.idle, stop)
    await deps.clock.sleep(BREATH, stop)
  }
}
