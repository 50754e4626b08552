import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import type { World } from '../../world.ts'
import type { ViewStore } from './view-store.ts'

const tags = ['cards']
const config = { roles: EVERY_ROLE }
const Query = z.record(z.string().max(40), z.string().max(1000))
const View = z.object({ id: z.uuid(), pipeline: z.string(), title: z.string(), query: Query })

/** A person's own saved filters of a pipeline. */
export function createViewRoutes({
  uuid,
  views,
}: Pick<World, 'uuid'> & { readonly views: ViewStore }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/card-views',
      {
        config,
        schema: {
          tags,
          summary: 'My saved views',
          response: { 200: z.object({ items: z.array(View), nextCursor: z.null() }) },
        },
      },
      async (request) => ({
        items: await views.of(callerOf(request).id),
        nextCursor: null,
      }),
    )
    app.post(
      '/api/card-views',
      {
        config,
        schema: {
          tags,
          summary: 'Save a filter under a name',
          body: z.strictObject({
            pipeline: z.string().min(1).max(80),
            title: z.string().trim().min(1).max(80),
            query: Query,
          }),
          response: { 201: View },
        },
      },
      async (request, reply) => {
        const view = { id: uuid(), ...request.body }
        await views.add(callerOf(request).id, view)
        return reply.status(201).send(view)
      },
    )
    app.delete(
      '/api/card-views/:id',
      {
        config,
        schema: {
          tags,
          summary: 'Forget a saved view',
          params: z.strictObject({ id: z.uuid() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await views.remove(callerOf(request).id, request.params.id)
        return reply.status(204).send(null)
      },
    )
  }
}
