import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Fix, GnssTrust } from '#contract/frame.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { type Clock, type EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../http/access.ts'
import type { FleetPlace, FleetStore } from './fleet-store.ts'
import { createIsoTimes } from './iso-times.ts'
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

type Deps = { readonly fleet: FleetStore; readonly clock: Clock }

/** Where everybody is. */
export function createFleetRoutes({ fleet, clock }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    const textOf = createTexts()
    // Bytes instead of a serializer's text, which is copied twice more on its way: the collector's stops were most of the time.
    const pages = new WeakMap<FastifyRequest, Buffer>()
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
        // What fails on its way out is told in place of the page, never by it.
        onSend: async (request, _reply, payload) => (payload === '' ? pages.get(request) : payload),
      },
      async (request, reply) => {
        const { limit, cursor: after } = request.query
        const found = await fleet.places({ parks: callerOf(request).parks, after, limit: limit + 1 })
        const items = found.length > limit ? found.slice(0, limit) : found
        const nextCursor = found.length > limit ? (items.at(-1)?.vehicleId ?? null) : null
        const now = clock.now()
        // Written here: the schema's own encoder costs more for ten thousand items than the query does.
        const written = (answer: { readonly items: unknown }): string => {
          // A field that somebody may not see is taken out of a copy; what is ready here has it.
          if (answer.items !== items) throw new Error('places are told whole: no field of them can be masked')
          pages.set(
            request,
            pageOf(
              items.map(textOf),
              items.map(({ readAt }) => ageOf(readAt, now)),
              nextCursor,
            ),
          )
          return ''
        }
        const plain: FastifyReply = reply
        return plain.type('application/json; charset=utf-8').serializer(written).send({ items, nextCursor })
      },
    )
  }
}

/** JSON of a place up to its age, ready for as long as it is the same object: most of a fleet is where it was before. */
function createTexts(): (place: FleetPlace) => Buffer {
  const known = new Map<VehicleId, { readonly place: FleetPlace; readonly text: Buffer }>()
  const iso = createIsoTimes()
  return (place) => {
    const before = known.get(place.vehicleId)
    if (before?.place === place) return before.text
    const text = Buffer.from(encoded(place, iso))
    known.set(place.vehicleId, { place, text })
    return text
  }
}

function pageOf(texts: readonly Buffer[], agesS: readonly number[], nextCursor: VehicleId | null): Buffer {
  const head = '{"items":['
  const tail = `],"nextCursor":${JSON.stringify(nextCursor)}}`
  const page = Buffer.allocUnsafe(
    texts.reduce((sum, { length }) => sum + length + AGE_BYTES, head.length + tail.length),
  )
  let at = page.write(head, 'latin1')
  for (const [item, text] of texts.entries()) {
    page.set(text, at)
    at += text.length
    at += page.write(`${agesS[item]}}${item + 1 < texts.length ? ',' : ''}`, at, 'latin1')
  }
  return page.subarray(0, at + page.write(tail, at, 'latin1'))
}

/** The digits of a safe integer, a bracket and a comma. */
const AGE_BYTES = 18

const ageOf = (readAt: EpochMs, now: EpochMs): number => Math.max(0, Math.round((now - readAt) / 1000))

/**
 * Ids and words are of narrow form, and numbers are finite: only the plate needs quoting. Joined, not added up: a sum of thirty
 * texts is a tree that is made only to be flattened.
 */
function encoded(place: FleetPlace, iso: (at: EpochMs) => string): string {
  const { lat, lon, accuracyM, placeAt } = place
  const position = lat === null || lon === null ? 'null' : `{"lat":${lat},"lon":${lon},"accuracyM":${accuracyM}}`
  return [
    ...['{"vehicleId":"', place.vehicleId, '","plate":', JSON.stringify(place.plate), ',"source":"', place.source],
    ...['","seenBy":"', sourceKind(place.source), '","readAt":"', iso(place.readAt), '","position":', position],
    ...[',"positionAt":', placeAt === null ? 'null' : `"${iso(placeAt)}"`],
    ...[',"speedKmh":', String(place.speedKmh), ',"headingDeg":', String(place.headingDeg)],
    ...[',"ignition":', String(place.ignition), ',"fix":"', place.fix, '","trust":"', place.trust, '","ageS":'],
  ].join('')
}
