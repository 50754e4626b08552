import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Fix, GnssTrust } from '#contract/frame.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { type EpochMs, Instant, later } from '#contract/instant.ts'
import { MOSCOW_MS } from '../calendar/moscow-day.ts'
import { EVERY_ROLE } from '../http/access.ts'
import type { HistoryService, TrackPart } from './history-service.ts'
import { createIsoTimes } from './iso-times.ts'
import { sourceKind } from './source.ts'
import { TRACK_FORMATS, type TrackWriter, trackWriter } from './track-export.ts'

const tags = ['history']
const Where = z.object({ id: VehicleId })
const range = { from: Instant, to: Instant }

const TrackAnswer = z
  .object({
    points: z.array(
      z.object({
        readAt: Instant,
        lat: z.number(),
        lon: z.number(),
        speedKmh: z.number().nullable(),
        headingDeg: z.number().nullable(),
        ignition: z.boolean().nullable(),
        fix: Fix,
        trust: GnssTrust,
        source: GatewayId.meta({ description: 'The gateway, or the third-party tracker, that read it' }),
        seenBy: z.enum(['gateway', 'tracker']),
      }),
    ),
    breaks: z
      .array(z.int())
      .meta({ description: 'Places in points at which a new piece begins: nobody knows the way into it' }),
    total: z.int().meta({ description: 'Positions in the range, before thinning' }),
    downsampled: z.boolean(),
  })
  .meta({ id: 'Track' })

/** Where a vehicle was, to be shown or taken away as a file. Paths begin with `/api`. */
export function createTrackRoutes(
  history: Pick<HistoryService, 'track' | 'trackParts'>,
  plateOf: (vehicle: VehicleId) => Promise<string | undefined>,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/vehicles/:id/track',
      {
        config: { roles: EVERY_ROLE, looksAt: 'location' },
        schema: {
          tags,
          summary: 'Positions of a vehicle, thinned; ends of pieces and turns are kept',
          params: Where,
          querystring: z.object({
            ...range,
            maxPoints: z.coerce.number().int().min(2).max(100_000).default(5000),
            simplifyM: z.coerce
              .number()
              .min(0)
              .max(10_000)
              .default(0)
              .meta({ description: 'Leave out what lies nearer than this to the drawn line, metres' }),
          }),
          response: { 200: TrackAnswer },
        },
      },
      async ({ params, query }, reply) => {
        const { points, breaks, total } = await history.track(params.id, query)
        const answer = {
          points: points.map(({ readAt, lat, lon, speedKmh, headingDeg, ignition, fix, trust, source }) => ({
            ...{ readAt, lat, lon, speedKmh, headingDeg, ignition, fix, trust, source, seenBy: sourceKind(source) },
          })),
          breaks: [...breaks],
          total,
          downsampled: points.length < total,
        }
        // Written here: the schema's own encoder costs more for five thousand points than thinning the month does.
        return reply.type('application/json; charset=utf-8').serializer(written).send(answer)
      },
    )
    for (const format of TRACK_FORMATS)
      app.get(
        `/api/vehicles/:id/track.${format}`,
        {
          config: { roles: EVERY_ROLE, looksAt: 'location' },
          schema: {
            tags,
            summary: `Every position of a vehicle as ${format.toUpperCase()}`,
            params: Where,
            querystring: z.object(range),
          },
        },
        async ({ params, query }, reply) => {
          const parts = await history.trackParts(params.id, query)
          const writer = trackWriter(format)
          const name = `${(await plateOf(params.id)) ?? params.id} ${daysOf(query)}`
          reply.type(writer.contentType)
          reply.header('content-disposition', dispositionOf(`${name}.${format}`, params.id))
          return reply.send(Readable.from(fileOf(writer, name, parts)))
        },
      )
  }
}

function written(answer: z.output<typeof TrackAnswer>): string {
  const iso = createIsoTimes()
  return JSON.stringify({ ...answer, points: answer.points.map((point) => ({ ...point, readAt: iso(point.readAt) })) })
}

/** The days it is of for whoever asks in Moscow; `to` is not among them. */
function daysOf({ from, to }: { readonly from: EpochMs; readonly to: EpochMs }): string {
  const iso = createIsoTimes()
  const [first, last] = [from, later(to, -1)].map((at) => iso(later(at, MOSCOW_MS)).slice(0, 10))
  return first === last ? `${first}` : `${first}–${last}`
}

/** RFC 6266: a name for everybody, and the one with the plate for whoever reads RFC 8187. */
const dispositionOf = (name: string, id: VehicleId): string =>
  `attachment; filename="track-${id}${name.slice(name.lastIndexOf('.'))}"; filename*=UTF-8''${encodeURIComponent(name)}`

/** Parts that belong to one piece are gathered, for a piece is written whole; a day of them at the most at once. */
async function* fileOf(writer: TrackWriter, name: string, parts: AsyncIterable<TrackPart>): AsyncIterable<string> {
  yield writer.head(name)
  let index = 0
  let piece: TrackPart['frames'] = []
  for await (const { frames, begins } of parts) {
    if (begins === 'piece' && piece.length > 0) {
      yield writer.piece(piece, index)
      index += 1
      piece = []
    }
    piece = piece.length === 0 ? frames : [...piece, ...frames]
  }
  if (piece.length > 0) yield writer.piece(piece, index)
  yield writer.tail
}
