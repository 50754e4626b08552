import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Configuration } from '#contract/configuration.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Broker } from '../broker/broker.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { Projection } from '../ingest/journal-entry.ts'
import { createBell, restUntilRung } from '../orders/bell.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { runConfigurationLoop } from './configuration-loop.ts'
import { createConfigurationRoutes } from './configuration-routes.ts'
import { createConfigurationService } from './configuration-service.ts'
import { createConfigurationStore } from './configuration-store.ts'

export type Configurations = {
  readonly routes: FastifyPluginAsyncZod
  /** Reads again from the beginning without harm. */
  readonly projection: Projection
  relayTested(vehicle: VehicleId): Promise<boolean>
  /** A gateway listens again: its document is published anew. */
  gatewayConnected(gateway: GatewayId): void
  loop(stop: AbortSignal): Promise<void>
}

type Parts = {
  readonly db: Db
  readonly world: World
  readonly fleet: Pick<FleetService, 'gateways' | 'refreshEverywhere'>
  readonly sign: (document: Configuration) => Promise<string>
  readonly publish: Broker['publish']
}

/** Wires configurations; starts nothing. */
export function createConfigurations({ db, world, fleet, sign, publish }: Parts): Configurations {
  const { clock, log } = world
  const store = createConfigurationStore(db)
  const bell = createBell<GatewayId>()
  const service = createConfigurationService({
    clock,
    log,
    store,
    gatewayOf: (id) => fleet.gateways().find((gateway) => gateway.id === id),
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    deliver: bell.ring,
    sealBroken: () => fleet.refreshEverywhere(),
  })
  return {
    routes: createConfigurationRoutes(service),
    projection: service.projection,
    relayTested: service.relayTested,
    gatewayConnected: bell.ring,
    loop: (stop) =>
      runConfigurationLoop(
        {
          store,
          sign,
          publish,
          take: bell.take,
          rest: (length, until) => restUntilRung(bell, clock, length, until),
          clock,
          log,
        },
        stop,
      ),
  }
}
