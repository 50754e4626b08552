import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import type { PermitService } from './permit-service.ts'

const GIVES: RouteRoles = ['owner', 'head', 'manager', 'security']
const tags = ['zones']

const Permit = z
  .strictObject({
    id: z.int(),
    permit: z.string().meta({ description: '`leave_zone`: may be outside the zone of work' }),
    vehicleId: VehicleId,
    plate: z.string(),
    until: Instant,
    grantedAt: Instant,
    note: z.string(),
    /** Login of the person; null when a card gave it. */
    givenBy: z.string().nullable(),
    card: z.string().nullable(),
    revokedAt: Instant.nullable(),
    revokedBy: z.string().nullable(),
    state: z.enum(['in-force', 'ended', 'revoked']),
  })
  .meta({ id: 'Permit' })

/** Permits to leave the zone of work until a date. */
export function createPermitRoutes(permits: PermitService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/permits',
      {
        config: { roles: EVERY_ROLE, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Permits of vehicles, newest first',
          querystring: z.strictObject({
            vehicle: VehicleId.optional(),
            inForce: z.stringbool().optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
            sort: z.enum(['-grantedAt']).default('-grantedAt'),
          }),
          response: { 200: z.strictObject({ items: z.array(Permit), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { vehicle, sort: _, ...query } = request.query
        return permits.list({ ...query, vehicleId: vehicle, parks: callerOf(request).parks })
      },
    )
    app.post(
      '/api/vehicles/:id/permits',
      {
        config: { roles: GIVES },
        schema: {
          tags,
          summary: 'Permit a vehicle to leave the zone of work',
          description: 'Lifts a zone hold that a rule has placed; at the end a vehicle that is outside is judged anew.',
          params: z.strictObject({ id: VehicleId }),
          body: z.strictObject({ until: Instant, note: z.string().trim().min(1).max(500) }),
          response: { 201: z.strictObject({ id: z.int() }) },
        },
      },
      async (request, reply) => {
        const wish = { vehicleId: request.params.id, ...request.body }
        return reply.code(201).send({ id: await permits.give(wish, callerOf(request)) })
      },
    )
    app.delete(
      '/api/permits/:id',
      {
        config: { roles: GIVES },
        schema: {
          tags,
          summary: 'Take a permit back: it ends now',
          params: z.strictObject({ id: z.coerce.number().int().positive() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await permits.revoke(request.params.id, callerOf(request))
        return reply.code(204).send(null)
      },
    )
  }
}
