import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { DrawnZoneService } from './drawn-zone-service.ts'
import type { StoredZone } from './drawn-zone-store.ts'
import { DrawnCircle, DrawnGeometry } from './polygon.ts'
import { DRAWN_KINDS } from './zone-map.ts'

const DRAWS: RouteRoles = ['owner', 'head', 'manager', 'security']
const tags = ['zones']

const Kind = z.enum(DRAWN_KINDS)
const Feature = z.object({
  type: z.literal('Feature'),
  id: z.string(),
  properties: z.object({
    kind: z.enum(['work', ...DRAWN_KINDS]),
    name: z.string(),
    attribution: z.string(),
    /** False: comes with the house. */
    editable: z.boolean(),
    parkId: ParkId.nullable(),
    note: z.string(),
    /** To be sent along with a change; null where nothing can be changed. */
    version: z.int().nullable(),
    circle: DrawnCircle.nullable(),
    changedAt: Instant.nullable(),
    changedBy: z.string().nullable(),
  }),
  geometry: z.object({ type: z.enum(['Polygon', 'MultiPolygon']), coordinates: z.array(z.unknown()) }),
})
export type ZoneFeature = z.infer<typeof Feature>
const Zones = z
  .object({ type: z.literal('FeatureCollection'), features: z.array(Feature) })
  .meta({ id: 'Zones', description: 'GeoJSON (RFC 7946), longitude first' })

const Wish = z
  .strictObject({
    kind: Kind,
    name: z.string().trim().min(1).max(120),
    parkId: ParkId.nullable().default(null),
    note: z.string().trim().max(500).default(''),
    geometry: DrawnGeometry.optional(),
    circle: DrawnCircle.optional(),
  })
  .refine(({ geometry, circle }) => (geometry === undefined) !== (circle === undefined), {
    error: 'either geometry or circle',
  })
const wishOf = ({ geometry, circle, ...wish }: z.infer<typeof Wish>) => {
  if (circle !== undefined) return { ...wish, area: { circle } }
  if (geometry !== undefined) return { ...wish, area: { geometry } }
  throw new Error('a zone without an area has passed its schema')
}

const Version = z.strictObject({
  version: z.int(),
  change: z.enum(['drawn', 'changed', 'archived']),
  kind: Kind,
  name: z.string(),
  note: z.string(),
  geometry: DrawnGeometry,
  changedAt: Instant,
  changedBy: z.string(),
})
const byId = z.strictObject({ id: z.uuid() })
const atVersion = z.strictObject({ version: z.coerce.number().int().positive() })

export type ZoneDetail = 'exact' | 'overview'

const featureOf = ({ id, geometry, archivedAt: _, ...properties }: StoredZone): ZoneFeature => ({
  type: 'Feature',
  id,
  properties: { ...properties, attribution: '', editable: true },
  geometry,
})

type Parts = { readonly shipped: (detail: ZoneDetail) => ZoneFeature; readonly zones: DrawnZoneService }

/** The zone of work as it comes with the house, and the zones that people draw. */
export function createZoneRoutes({ shipped, zones }: Parts): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/zones',
      {
        config: { roles: EVERY_ROLE, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Zones as GeoJSON; the overview of the zone of work is simplified to 100 m',
          querystring: z.object({
            detail: z.enum(['exact', 'overview']).default('overview'),
            kind: z.enum(['work', ...DRAWN_KINDS]).optional(),
            park: ParkId.optional(),
          }),
          response: { 200: Zones },
        },
      },
      async (request, reply) => {
        const { detail, kind, park } = request.query
        reply.header('cache-control', 'private, no-cache')
        const drawn = kind === 'work' ? [] : await zones.list({ parks: callerOf(request).parks, kind, park })
        const work = kind === undefined || kind === 'work' ? [shipped(detail)] : []
        return { type: 'FeatureCollection' as const, features: [...work, ...drawn.map(featureOf)] }
      },
    )
    app.post(
      '/api/zones',
      {
        config: { roles: DRAWS, looksAt: 'nothing' },
        schema: { tags, summary: 'Draw a zone', body: Wish, response: { 201: Feature } },
      },
      async (request, reply) =>
        reply.code(201).send(featureOf(await zones.draw(wishOf(request.body), callerOf(request)))),
    )
    app.put(
      '/api/zones/:id',
      {
        config: { roles: DRAWS, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Change a zone; says which version was seen',
          params: byId,
          querystring: atVersion,
          body: Wish,
          response: { 200: Feature },
        },
      },
      async (request) => {
        const { params, query, body } = request
        return featureOf(await zones.redraw(params.id, query.version, wishOf(body), callerOf(request)))
      },
    )
    app.delete(
      '/api/zones/:id',
      {
        config: { roles: DRAWS, looksAt: 'nothing' },
        schema: { tags, summary: 'Put a zone away', params: byId, querystring: atVersion, response: { 204: z.null() } },
      },
      async (request, reply) => {
        await zones.archive(request.params.id, request.query.version, callerOf(request))
        return reply.code(204).send(null)
      },
    )
    app.get(
      '/api/zones/:id/versions',
      {
        config: { roles: EVERY_ROLE, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'How a zone came to be what it is, newest first',
          params: byId,
          response: { 200: z.strictObject({ items: z.array(Version) }) },
        },
      },
      async (request) => ({ items: await zones.versions(request.params.id, callerOf(request)) }),
    )
  }
}
