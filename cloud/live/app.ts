import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { judgeAccess } from '../http/access.ts'
import { credentialsOf } from '../http/credentials.ts'
import { orderView } from '../orders/order-view.ts'
import type { PeopleService } from '../people/people-service.ts'
import type { Vehicles } from '../vehicles/app.ts'
import type { World } from '../world.ts'
import { runLiveLoop } from './live-loop.ts'
import { createLiveRoutes } from './live-routes.ts'
import { createLiveService, type LiveService } from './live-service.ts'
import { orderTexts, vehicleTexts } from './live-view.ts'

type Parts = {
  readonly world: World
  /** Asked when the first view is needed: the feed is told of changes by the very slices it reads from. */
  readonly vehicles: () => Pick<Vehicles, 'vehicles' | 'orders' | 'parks'>
  readonly findCaller: PeopleService['findCaller']
}

export type Live = {
  readonly service: LiveService
  readonly routes: FastifyPluginAsyncZod
  readonly loop: (stop: AbortSignal) => Promise<void>
}

/** Wires the live feed; starts nothing. */
export function createLive({ world, vehicles, findCaller }: Parts): Live {
  const live = createLiveService({
    world,
    parksOf: (ids) => vehicles().parks.parksOf(ids),
    vehicleViews: async (ids) => vehicleTexts(await vehicles().vehicles.viewsOf(ids)),
    orderViews: async (ids) => {
      const { orders } = vehicles()
      const newest = await orders.newestOfEach(ids)
      const steps = Map.groupBy(await orders.stepsOf(newest.map(({ id }) => id)), (step) => step.orderId)
      return orderTexts(newest.map((order) => orderView(order, steps.get(order.id) ?? [], 'brief')))
    },
  })
  const routes = createLiveRoutes({
    world,
    live,
    sight: async (request) => {
      const caller = await findCaller(credentialsOf(request))
      const verdict = judgeAccess(request.routeOptions.config.roles, caller)
      return verdict === 'allowed' ? caller?.parks : undefined
    },
  })
  return { service: live, routes, loop: (stop) => runLiveLoop({ live, clock: world.clock, log: world.log }, stop) }
}
