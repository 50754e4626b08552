import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { minutes } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createNumbersRoutes } from './numbers-routes.ts'
import { createNumbersService, type NumbersPorts, type NumbersService } from './numbers-service.ts'
import { createNumbersStore } from './numbers-store.ts'

export type Numbers = { readonly service: NumbersService; readonly routes: FastifyPluginAsyncZod }

type Parts = NumbersPorts &
  Pick<Postgres, 'db'> & { readonly world: Pick<World, 'clock'>; readonly jobs: Pick<Jobs, 'every'> }

/** A balance older than this is no ground for a number. */
const BALANCE_MAX_AGE = minutes(40)

/** Wires the numbers of the morning; starts nothing. */
export function createNumbers({ db, world, jobs, ...ports }: Parts): Numbers {
  const service = createNumbersService({
    ...ports,
    clock: world.clock,
    store: createNumbersStore(db),
    balanceMaxAge: BALANCE_MAX_AGE,
  })
  // Looked at by the hour: of each day the first forecast is kept, and the day it was made for is filled in.
  jobs.every('numbers.forecast', minutes(60), service.keepForecasts)
  return { service, routes: createNumbersRoutes(service) }
}
