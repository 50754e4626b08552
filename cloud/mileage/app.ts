import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { History } from '../history/history.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createLedgerStore } from './ledger-store.ts'
import { runMileageLoop } from './mileage-loop.ts'
import { createMileageRoutes } from './mileage-routes.ts'
import { createMileageService, type MileageService } from './mileage-service.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly history: Pick<History, 'track'>
  plateOf: Parameters<typeof createMileageRoutes>[1]
}

export type MileageHouse = {
  readonly service: MileageService
  readonly routes: FastifyPluginAsyncZod
  readonly loop: (stop: AbortSignal) => Promise<void>
}

/** Wires the mileage ledger. Starts nothing. */
export function createMileage({ db, inTransaction, world, history, plateOf }: Parts): MileageHouse {
  const { clock, log } = world
  const service = createMileageService({ db, inTransaction, ledgerStore: createLedgerStore, history, clock, log })
  return {
    service,
    routes: createMileageRoutes(service, plateOf),
    loop: (stop) => runMileageLoop({ mileage: service, clock, log }, stop),
  }
}
