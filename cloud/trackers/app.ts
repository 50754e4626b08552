import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import type { Phones } from '../broker/broker.ts'
import type { ParksInSight } from '../http/access.ts'
import type { JournalStore } from '../ingest/journal-store.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createIntakeRoutes } from './intake-routes.ts'
import { runTrackerLoop } from './tracker-loop.ts'
import { createTrackerRoutes } from './tracker-routes.ts'
import { createTrackerService, type TrackerCount, type TrackerService } from './tracker-service.ts'
import { createTrackerStore } from './tracker-store.ts'

type Parts = {
  readonly db: Db
  readonly world: World
  readonly journal: Pick<JournalStore, 'append' | 'setAside'>
  inSight(parks: ParksInSight, vehicles: readonly VehicleId[]): Promise<ReadonlySet<VehicleId>>
  platesOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, string>>
  count(what: TrackerCount, by: number): void
}

export type Trackers = {
  readonly service: TrackerService
  /** For the broker: a login and its devices. */
  readonly phones: Phones
  readonly routes: readonly FastifyPluginAsyncZod[]
  readonly loop: (stop: AbortSignal) => Promise<void>
}

/** Wires third-party trackers. Starts nothing; `service.refresh` is to be awaited before anything else. */
export function createTrackers({ db, world, journal, inSight, platesOf, count }: Parts): Trackers {
  const store = createTrackerStore(db)
  const vehicleExists = async (vehicle: VehicleId): Promise<boolean> => (await platesOf([vehicle])).has(vehicle)
  const service = createTrackerService({ ...world, store, journal, vehicleExists, count })
  return {
    service,
    phones: {
      checkPassword: service.checkPassword,
      // Refused and unreadable ones are acknowledged too: sent again for ever, one phone's would keep a whole Traccar
      // server from its work. They are counted, and shown to people.
      accept: async (login, device, payload) => void (await service.take(login, device, payload)),
    },
    routes: [
      createTrackerRoutes({ trackers: service, store, inSight, platesOf }),
      createIntakeRoutes({ trackers: service }),
    ],
    loop: (stop) => runTrackerLoop({ trackers: service, store, ...world }, stop),
  }
}
