import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { minutes } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createInspectionRoutes } from './inspection-routes.ts'
import { createInspectionService, type InspectionService } from './inspection-service.ts'
import { createInspectionStore } from './inspection-store.ts'
import { createStationRoutes } from './station-routes.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<Parameters<typeof createInspectionService>[0], 'drivenOf' | 'grace' | 'happened'> & {
    readonly world: World
    readonly jobs: Pick<Jobs, 'every'>
  }

export type Inspections = {
  readonly service: InspectionService
  readonly routes: readonly FastifyPluginAsyncZod[]
}

/** Wires inspections; the sweep for visits that nobody came to runs as one job of all instances. */
export function createInspections({ world, jobs, ...deps }: Parts): Inspections {
  const service = createInspectionService({ ...deps, ...world, inspectionStore: createInspectionStore })
  jobs.every('inspection-no-shows', minutes(5), async () => {
    const ended = await service.sweepNoShows()
    if (ended > 0) world.log.info({ ended }, 'inspections.no-shows')
  })
  return { service, routes: [createInspectionRoutes(service), createStationRoutes(service, world.uuid)] }
}
