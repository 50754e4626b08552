import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { OrderId, VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import type { GraceService } from './grace-service.ts'
import { GraceView, graceView, HoldView, holdView } from './hold-view.ts'
import type { Graced } from './hold-wish.ts'

const MAY_GRACE: RouteRoles = ['owner', 'head', 'manager', 'security']
const tags = ['holds']
const params = z.strictObject({ id: VehicleId })
const Note = z.string().trim().max(2000)

const Answer = z.strictObject({
  grace: GraceView.nullable(),
  order: z.strictObject({ id: OrderId, href: z.string() }).nullable(),
  /** They stand all the same, and count again when the grace is over. */
  holds: z.array(HoldView),
})

const answerOf = ({ grace, orderId, holds }: Graced): z.infer<typeof Answer> => ({
  grace: grace === undefined ? null : graceView(grace),
  order: orderId === null ? null : { id: OrderId.parse(orderId), href: `/api/orders/${orderId}` },
  holds: holds.map(holdView),
})

/** A time in which a vehicle may start although holds stand. */
export function createGraceRoutes(graces: Pick<GraceService, 'giveGrace' | 'endGrace'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/vehicles/:id/grace',
      {
        config: { roles: MAY_GRACE, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Permit starts until then although holds stand',
          description: 'Asks for an unblock at once. At its end the holds that still stand block again by themselves.',
          params,
          body: z.strictObject({ until: Instant, note: Note.min(1) }),
          response: { 202: Answer },
        },
      },
      async (request, reply) => {
        const { id, login } = callerOf(request)
        const by = { kind: 'user', id, name: login } as const
        return reply
          .code(202)
          .send(answerOf(await graces.giveGrace({ vehicleId: request.params.id, ...request.body, by })))
      },
    )
    app.delete(
      '/api/vehicles/:id/grace',
      {
        config: { roles: MAY_GRACE },
        schema: {
          tags,
          summary: 'End the grace now',
          params,
          body: z.strictObject({ note: Note.default('') }).nullish(),
          response: { 202: Answer },
        },
      },
      async (request, reply) => {
        const { id, login } = callerOf(request)
        const by = { kind: 'user', id, name: login } as const
        const note = request.body?.note ?? ''
        return reply.code(202).send(answerOf(await graces.endGrace({ vehicleId: request.params.id, note, by })))
      },
    )
  }
}
