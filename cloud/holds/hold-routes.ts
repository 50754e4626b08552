import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { HoldId, OrderId, VehicleId } from '#contract/ids.ts'
import { HoldReason } from '#contract/order.ts'
import { type Caller, callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import type { HoldService } from './hold-service.ts'
import { HoldView, holdView } from './hold-view.ts'

const MAY_HOLD: RouteRoles = ['owner', 'head', 'manager', 'security']
/** Holds listed of one vehicle, newest first: many years of them. */
const HISTORY = 500
const tags = ['holds']

const Note = z.string().trim().max(2000)
const PlaceBody = z
  .strictObject({
    reason: HoldReason,
    note: Note.default(''),
    /** The block may wait up to a day for the vehicle to be parked. */
    whenNextParked: z.boolean().default(false),
  })
  .refine(({ reason, note }) => note !== '' || (reason !== 'manual' && reason !== 'theft'), {
    error: 'a hold of this reason needs a note: the driver will ask why',
    path: ['note'],
  })
const LiftBody = z.strictObject({ note: Note.default('') })

const OrderLink = z.strictObject({ id: OrderId, href: z.string() }).nullable()
const WhyNot = z.string().nullable().meta({ description: 'Why no order can be given to this vehicle now' })
const Placed = z.strictObject({ hold: HoldView, order: OrderLink, whyNot: WhyNot })
const Lifted = z.strictObject({ hold: HoldView, order: OrderLink, remaining: z.array(HoldView) })

const linkTo = (orderId: string | null) =>
  orderId === null ? null : { id: OrderId.parse(orderId), href: `/api/orders/${orderId}` }
const actorOf = (caller: Caller) => ({ kind: 'user', id: caller.id, name: caller.login }) as const

/** Reasons for a vehicle to stay blocked: placed and lifted one by one. */
export function createHoldRoutes(holds: Pick<HoldService, 'place' | 'lift' | 'list'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/vehicles/:id/holds',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Holds of a vehicle, standing and lifted, newest first',
          params: z.strictObject({ id: VehicleId }),
          response: { 200: z.strictObject({ items: z.array(HoldView) }) },
        },
      },
      async (request) => ({ items: (await holds.list(request.params.id, HISTORY)).map(holdView) }),
    )
    app.post(
      '/api/vehicles/:id/holds',
      {
        config: { roles: MAY_HOLD, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Place a hold',
          description: 'Accepted, not done: the vehicle is blocked only once its own report says so.',
          params: z.strictObject({ id: VehicleId }),
          body: PlaceBody,
          response: { 202: Placed },
        },
      },
      async (request, reply) => {
        const by = actorOf(callerOf(request))
        const placed = await holds.place({ vehicleId: request.params.id, ...request.body, by })
        if (placed.outcome === 'refused') throw new Error('only a rule can be refused a hold')
        const { hold, orderId, whyNot } = placed
        return reply.code(202).send({ hold: holdView(hold), order: linkTo(orderId), whyNot })
      },
    )
    app.delete(
      '/api/vehicles/:id/holds/:holdId',
      {
        config: { roles: MAY_HOLD },
        schema: {
          tags,
          summary: 'Lift a hold',
          description:
            'The last one lifted asks for an unblock at once; while others remain the vehicle stays blocked.',
          params: z.strictObject({ id: VehicleId, holdId: HoldId }),
          body: LiftBody.nullish(),
          response: { 202: Lifted },
        },
      },
      async (request, reply) => {
        const { id: vehicleId, holdId } = request.params
        const note = request.body?.note ?? ''
        const lifted = await holds.lift({ vehicleId, holdId, note, by: actorOf(callerOf(request)) })
        const { hold, orderId, remaining } = lifted
        return reply
          .code(202)
          .send({ hold: holdView(hold), order: linkTo(orderId), remaining: remaining.map(holdView) })
      },
    )
  }
}
