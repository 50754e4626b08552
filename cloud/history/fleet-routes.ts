import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Fix, GnssTrust } from '#contract/frame.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { type Clock, type EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../http/access.ts'
import { createIsoTimes } from './iso-times.ts'
import type { FleetPlace, LastKnownStore } from './last-known-store.ts'
import { sourceKind } from './source.ts'

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

type Deps = { readonly lastKnown: Pick<LastKnownStore, 'fleet'>; readonly clock: Clock }

/** Where everybody is. */
export function createFleetRoutes({ lastKnown, clock }: Deps): FastifyPluginAsyncZod {
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
        const found = await lastKnown.fleet({ parks: callerOf(request).parks, after, limit: limit + 1 })
        const page = found.slice(0, limit)
        const nextCursor = found.length > limit ? (page.at(-1)?.vehicleId ?? null) : null
        const now = clock.now()
        const items = page.map((place) => viewOf(place, now))
        // Written here: the schema's own encoder costs more for ten thousand items than the query does.
        return reply.type('application/json; charset=utf-8').serializer(written).send({ items, nextCursor })
      },
    )
  }
}

const viewOf = (place: FleetPlace, now: number): View => ({
  vehicleId: place.vehicleId,
  plate: place.plate,
  source: place.source,
  seenBy: sourceKind(place.source),
  readAt: place.readAt,
  ageS: Math.max(0, Math.round((now - place.readAt) / 1000)),
  position:
    place.lat === null || place.lon === null ? null : { lat: place.lat, lon: place.lon, accuracyM: place.accuracyM },
  positionAt: place.placeAt,
  speedKmh: place.speedKmh,
  headingDeg: place.headingDeg,
  ignition: place.ignition,
  fix: place.fix,
  trust: place.trust,
})

type View = z.output<typeof FleetPlaceView>

function written({ items, nextCursor }: z.output<typeof FleetAnswer>): string {
  const iso = createIsoTimes()
  return `{"items":[${items.map((view) => encoded(view, iso)).join()}],"nextCursor":${JSON.stringify(nextCursor)}}`
}

/**
 * Ids and words are of narrow form, and numbers are finite: only the plate needs quoting. Joined, not added up: a sum of thirty
 * texts is a tree that is made only to be flattened, which cost more than all the rest of the answer.
 */
function encoded(view: View, iso: (at: EpochMs) => string): string {
  const { position, positionAt } = view
  const place =
    position === null ? 'null' : `{"lat":${position.lat},"lon":${position.lon},"accuracyM":${position.accuracyM}}`
  return [
    ...['{"vehicleId":"', view.vehicleId, '","plate":', JSON.stringify(view.plate), ',"source":"', view.source],
    ...['","seenBy":"', view.seenBy, '","readAt":"', iso(view.readAt), '","ageS":', view.ageS, ',"position":', place],
    ...[',"positionAt":', positionAt === null ? 'null' : `"${iso(positionAt)}"`],
    ...[',"speedKmh":', String(view.speedKmh), ',"headingDeg":', String(view.headingDeg)],
    ...[',"ignition":', String(view.ignition), ',"fix":"', view.fix, '","trust":"', view.trust, '"}'],
  ].join('')
}
