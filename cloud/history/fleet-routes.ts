import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Fix, GnssTrust } from '#contract/frame.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../http/access.ts'
import type { FleetStore } from './fleet-store.ts'

const FleetPlaceView = z
  .object({
    vehicleId: VehicleId,
    plate: z.string(),
    source: GatewayId,
    seenBy: z.enum(['gateway', 'tracker']),
    readAt: Instant,
    ageS: z.number(),
    position: z.object({ lat: z.number(), lon: z.number(), accuracyM: z.number().nullable() }).nullable(),
    positionAt: Instant.nullable(),
    speedKmh: z.number().nullable(),
    headingDeg: z.number().nullable(),
    ignition: z.boolean().nullable(),
    fix: Fix,
    trust: GnssTrust,
  })
  .meta({ id: 'FleetPlace' })

const FleetAnswer = z.object({ items: z.array(FleetPlaceView), nextCursor: z.string().nullable() })

/** Where everybody is. */
export function createFleetRoutes(fleet: FleetStore): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/fleet/last-known',
      {
        config: { roles: EVERY_ROLE, looksAt: 'location' },
        schema: {
          tags: ['history'],
          summary: 'The last known place of every vehicle in sight that was ever heard of, by vehicle id',
          querystring: z.object({
            limit: z.coerce.number().int().min(1).max(20_000).default(20_000),
            cursor: VehicleId.optional().meta({ description: 'nextCursor of the page before' }),
          }),
          response: { 200: FleetAnswer },
        },
      },
      async (request, reply) => {
        const { limit, cursor: after } = request.query
        const page = await fleet.page({ parks: callerOf(request).parks, after, limit })
        const plain: FastifyReply = reply
        // The hooks of the house look at whom it is about; what leaves is written, and Fastify sends bytes as they are.
        const written = plain.serializer((answer) => {
          // A field that somebody may not see is taken out of a copy; what is written has it.
          if (answer !== page) throw new Error('places are told whole: no field of them can be masked')
          return answer.json
        })
        return written.type('application/json; charset=utf-8').send(page)
      },
    )
  }
}
