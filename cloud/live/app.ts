import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { judgeAccess } from '../http/access.ts'
import { credentialsOf } from '../http/credentials.ts'
import { fieldPlan, masked, seesAll } from '../http/field-mask.ts'
import type { Rights } from '../http/guard-service.ts'
import { orderView } from '../orders/order-view.ts'
import type { PeopleService } from '../people/people-service.ts'
import type { Vehicles } from '../vehicles/app.ts'
import { VehicleView } from '../vehicles/vehicle-view.ts'
import type { World } from '../world.ts'
import { runLiveLoop } from './live-loop.ts'
import { Alert } from './live-message.ts'
import { createLiveRoutes } from './live-routes.ts'
import { createLiveService, type LiveService } from './live-service.ts'
import { orderTexts, vehicleTexts } from './live-view.ts'
import { createNeighboursClient } from './neighbours-client.ts'

type Parts = {
  readonly world: World
  /** Asked when the first view is needed: the feed is told of changes by the very slices it reads from. */
  readonly vehicles: () => Pick<Vehicles, 'vehicles' | 'orders' | 'parks'>
  readonly findCaller: PeopleService['findCaller']
  readonly fieldsOf: Rights['fieldsOf']
  /** PostgreSQL, where other instances may be: what changes here is told there, and what changes there is told here. */
  readonly databaseUrl?: string | undefined
  /** Another instance has changed something about this vehicle's orders. */
  readonly heard?: (vehicle: VehicleId) => void
  /** Another instance has changed the registry of gateways. */
  readonly registryHeard?: () => void
}

export type Live = {
  readonly service: LiveService
  readonly routes: FastifyPluginAsyncZod
  readonly loop: (stop: AbortSignal) => Promise<void>
  /** Tells the other instances that the registry of gateways has changed. */
  readonly registryChanged: () => void
}

const VEHICLE = fieldPlan(VehicleView)

/** Wires the live feed; starts nothing. */
export function createLive({ world, vehicles, findCaller, fieldsOf, databaseUrl, heard, registryHeard }: Parts): Live {
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
      if (verdict !== 'allowed' || caller === null) return undefined
      const rights = await fieldsOf(caller)
      if (VEHICLE === undefined || seesAll(VEHICLE, rights)) return { parks: caller.parks, veil: undefined }
      const over = (data: string) => JSON.stringify(masked(VEHICLE, rights, JSON.parse(data)))
      return { parks: caller.parks, veil: { name: caller.role, over } }
    },
  })
  const loop = (stop: AbortSignal) => runLiveLoop({ live, clock: world.clock, log: world.log }, stop)
  if (databaseUrl === undefined) return { service: live, routes, loop, registryChanged: () => {} }
  const readAlert = (candidate: unknown) => Alert.safeParse(candidate).data
  const neighbours = createNeighboursClient({ ...world, databaseUrl, self: world.uuid(), readAlert })
  const hears = {
    vehicleChanged: live.vehicleChanged,
    orderChanged: (vehicle: VehicleId) => {
      live.orderChanged(vehicle)
      heard?.(vehicle)
    },
    alert: live.alert,
    screen: live.screen,
    registryChanged: () => registryHeard?.(),
    missed: live.close,
  }
  const service: LiveService = {
    ...live,
    // An order's change is a change of the vehicle too.
    vehicleChanged: both(live.vehicleChanged, neighbours.vehicleChanged),
    orderChanged: both(live.orderChanged, neighbours.orderChanged),
    alert: both(live.alert, neighbours.alert),
    screen: both(live.screen, neighbours.screen),
  }
  return {
    service,
    routes,
    registryChanged: neighbours.registryChanged,
    loop: async (stop) => void (await Promise.all([loop(stop), neighbours.run(hears, stop)])),
  }
}

const both =
  <Value>(first: (value: Value) => void, second: (value: Value) => void) =>
  (value: Value): void => {
    first(value)
    second(value)
  }
