import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { callerOf } from '../http/access.ts'
import type { UnlockService } from './unlock-service.ts'

const Body = z.strictObject({
  note: z.string().trim().max(2000).default(''),
  /** The number shown on the gateway’s own page, if somebody at the vehicle has read it out. */
  shown: z.int().min(0).max(1_000_000_000).optional(),
})
const Given = z.strictObject({
  /** Eight digits in two groups. */
  code: z.string(),
  counter: z.int(),
  validFor: z.literal('once'),
})

/** One-time codes for a driver whose vehicle has no network, or whose cloud is about to have none. */
export function createUnlockRoutes(unlock: Pick<UnlockService, 'give'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/vehicles/:id/unlock-code',
      {
        // A code must not lie in the table of replayed answers.
        config: { roles: ['owner', 'head', 'manager', 'security'], replay: 'never', secondFactor: 'fresh' },
        schema: {
          tags: ['holds'],
          summary: 'A one-time code that frees the vehicle on the spot, without network or clock',
          description: 'Holds stay; after the code was used they do not block again for the time the policy says.',
          params: z.strictObject({ id: VehicleId }),
          body: Body.nullish(),
          response: { 201: Given },
        },
      },
      async (request, reply) => {
        const { id, login } = callerOf(request)
        const { note = '', shown } = request.body ?? {}
        const by = { kind: 'user', id, name: login } as const
        const given = await unlock.give({ vehicleId: request.params.id, note, shown, by })
        return reply.code(201).send({ ...given, validFor: 'once' as const })
      },
    )
  }
}
