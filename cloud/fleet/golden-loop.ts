import { canonicalText } from '#contract/canonical-text.ts'
import { type Clock, Instant, seconds } from '#contract/instant.ts'
import type { Alert } from '../live/live-message.ts'
import type { Log } from '../log.ts'
import type { FleetService } from './fleet-service.ts'
import { differencesOf } from './golden.ts'
import type { GoldenStore } from './golden-store.ts'

type Deps = {
  readonly store: GoldenStore
  readonly fleet: Pick<FleetService, 'gateways' | 'vehicleNow'>
  readonly alert: (alert: Alert) => void
  readonly clock: Clock
  readonly log: Log
}

const PACE = seconds(60)

/** Once a minute: which gateways differ from what their park should run. A new difference is told to whoever looks. */
export async function runGoldenLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await lookForDrift(deps).catch((err: unknown) => deps.log.warn({ err }, 'drift.not-looked-for'))
    await deps.clock.sleep(PACE, stop)
  }
}

/** One look at every gateway in service. */
export async function lookForDrift({ store, fleet, alert, clock, log }: Deps): Promise<void> {
  const [golden, before, parks, reported] = [
    await store.newest(),
    await store.drifts(),
    await store.parks(),
    await store.reported(),
  ]
  for (const { id, state, software, vehicleId: meant } of fleet.gateways()) {
    const vehicleId = fleet.vehicleNow(id) ?? meant
    const park = parks.get(vehicleId)
    const setup = park === undefined ? undefined : golden.get(park)?.setup
    const said = reported.get(id)
    const differences =
      setup === undefined || state !== 'active'
        ? []
        : differencesOf(setup, { software, profiles: said?.profiles, document: said?.document })
    const known = before.get(id)
    if (differences.length === 0) {
      if (known !== undefined) await store.forgetDrift(id)
      continue
    }
    if (known !== undefined && canonicalText([...known.differences]) === canonicalText([...differences])) continue
    const now = clock.now()
    await store.keepDrift({ gatewayId: id, differences, sinceAt: known?.sinceAt ?? now })
    log.warn({ gatewayId: id, vehicleId, differences: differences.length }, 'gateway.drift')
    alert({
      id: `drift ${id} ${now}`,
      vehicleId,
      kind: 'configuration-drift',
      at: Instant.encode(now),
      data: { gatewayId: id, differences },
    })
  }
}
