import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EVERY_ROLE } from '../http/access.ts'

const Feature = z.object({
  type: z.literal('Feature'),
  id: z.string(),
  properties: z.object({ name: z.string(), attribution: z.string() }),
  geometry: z.object({ type: z.enum(['Polygon', 'MultiPolygon']), coordinates: z.array(z.unknown()) }),
})
const Zones = z
  .object({ type: z.literal('FeatureCollection'), features: z.array(Feature) })
  .meta({ id: 'Zones', description: 'GeoJSON (RFC 7946), longitude first' })

export type ZoneDetail = 'exact' | 'overview'

/** `features` answers with what is kept in memory: zones change with the software, so browsers may keep them a day. */
export function createZoneRoutes(
  features: (detail: ZoneDetail) => readonly z.infer<typeof Feature>[],
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/zones',
      {
        config: { roles: EVERY_ROLE, looksAt: 'nothing' },
        schema: {
          tags: ['zones'],
          summary: 'Zones as GeoJSON; the overview is simplified to 100 m',
          querystring: z.object({ detail: z.enum(['exact', 'overview']).default('overview') }),
          response: { 200: Zones },
        },
      },
      async (request, reply) => {
        reply.header('cache-control', 'private, max-age=86400')
        return { type: 'FeatureCollection' as const, features: [...features(request.query.detail)] }
      },
    )
  }
}
