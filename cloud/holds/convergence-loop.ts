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

/**
 * Brings what the vehicles do to what their holds say: expires blocks, and asks again for orders that came to nothing. A
 * round looks at the vehicles it was rung for, and every `idle` at all that are held: however many these are, a hold
 * placed or lifted costs the same.
 */
export async function runConvergenceLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { bell, clock, idle, log } = deps
  let early: readonly VehicleId[] | undefined
  let sweptAt = Number.NEGATIVE_INFINITY
  while (!stop.aborted) {
    const now = clock.steady()
    try {
      const rung = bell.take()
      if (now - sweptAt >= idle) {
        const expired = await deps.expireOverdue()
        const before = early ?? (await deps.everOrdered())
        early = await deps.settle([...new Set([...rung, ...expired, ...before, ...(await deps.suspects())])])
        sweptAt = now
      } else if (rung.size > 0) {
        const late = await deps.settle([...rung])
        early = [...new Set([...(early ?? []), ...late])]
      }
    } catch (cause) {
      // What was rung for is among all that ever had an order.
      early = undefined
      sweptAt = Number.NEGATIVE_INFINITY
      log.warn({ err: cause }, 'convergence.failed')
    }
    const rest = Number.isFinite(sweptAt) ? Math.max(1, sweptAt + idle - clock.steady()) : idle
    await restUntilRung(bell, clock, millis(rest), stop)
    await clock.sleep(BREATH, stop)
  }
}
