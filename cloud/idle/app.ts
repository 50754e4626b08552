import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { minutes } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createIdleRoutes } from './idle-routes.ts'
import { createIdleService, type IdleService } from './idle-service.ts'
import { createIdleStore } from './idle-store.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every'>
  readonly changed: (vehicle: VehicleId) => void
}

/** Wires the reasons of idleness; every minute one instance looks at the whole fleet. */
export function createIdle({ db, inTransaction, world, jobs, changed }: Parts): {
  readonly service: IdleService
  readonly routes: FastifyPluginAsyncZod
} {
  const { clock, log } = world
  const service = createIdleService({ clock, db, inTransaction, idleStore: createIdleStore, changed })
  jobs.every('idle', minutes(1), async (stop) => {
    const changes = await service.sweep(stop)
    if (changes > 0) log.info({ changes }, 'idle.changed')
  })
  return { service, routes: createIdleRoutes(service) }
}
