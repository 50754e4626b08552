import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import type { ParkStore } from '../parks/park-store.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import { writeXlsx } from '../spreadsheet/xlsx-client.ts'
import type { World } from '../world.ts'
import { createPaperRoutes } from './paper-routes.ts'
import { createPaperService, type PaperDays, type PaperService } from './paper-service.ts'
import { createPaperStore } from './paper-store.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: Pick<World, 'clock' | 'uuid'>
  readonly days: () => Promise<PaperDays>
  readonly inSight: ParkStore['inSight']
  readonly changed: (vehicle: VehicleId) => void
}

export type Papers = { readonly service: PaperService; readonly routes: FastifyPluginAsyncZod }

/** Wires the papers of vehicles; starts nothing. */
export function createPapers({ world, inSight, ...deps }: Parts): Papers {
  const service = createPaperService({ ...deps, ...world, paperStore: createPaperStore })
  return { service, routes: createPaperRoutes({ papers: service, writeXlsx, inSight }) }
}
