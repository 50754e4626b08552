import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { OrderId, VehicleId } from '#contract/ids.ts'
import { EVERY_ROLE } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { OrderStore } from './order-store.ts'
import { OrderView, orderView } from './order-view.ts'

const tags = ['orders']

/** What became of each instruction to a vehicle. Orders are born of holds; there is no way to ask for one directly. */
export function createOrderRoutes(orders: Pick<OrderStore, 'find' | 'ofVehicle' | 'stepsOf'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/orders/:id',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'An order with its whole life and the evidence for each step',
          params: z.strictObject({ id: OrderId }),
          response: { 200: OrderView },
        },
      },
      async (request) => {
        const order = await orders.find(request.params.id)
        if (order === undefined) throw new Fault('order/unknown')
        return orderView(order, await orders.stepsOf([order.id]))
      },
    )
    app.get(
      '/api/vehicles/:id/orders',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Orders to a vehicle, newest first',
          params: z.strictObject({ id: VehicleId }),
          querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
          response: { 200: z.strictObject({ items: z.array(OrderView) }) },
        },
      },
      async (request) => {
        const found = await orders.ofVehicle(request.params.id, request.query.limit)
        const steps = Map.groupBy(await orders.stepsOf(found.map((order) => order.id)), (step) => step.orderId)
        return { items: found.map((order) => orderView(order, steps.get(order.id) ?? [])) }
      },
    )
  }
}
