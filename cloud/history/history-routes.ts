import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { GnssTrust } from '#contract/frame.ts'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { EVERY_ROLE } from '../http/access.ts'
import type { HistoryService } from './history-service.ts'

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
        trust: GnssTrust,
      }),
    ),
    total: z.int().meta({ description: 'Positions in the range, before thinning' }),
    downsampled: z.boolean(),
  })
  .meta({ id: 'Track' })

const MileageAnswer = z
  .object({
    km: z.number(),
    errorKm: z.number().meta({ description: 'The true value lies within km ± errorKm' }),
    source: z.enum(['odometer', 'positions']),
    gaps: z.array(z.object({ from: Instant, to: Instant, km: z.number() })),
  })
  .meta({ id: 'Mileage' })

const tags = ['history']

/** Where a vehicle was, and how far it went. Paths begin with `/api`. */
export function createHistoryRoutes(history: HistoryService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/vehicles/:id/track',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Positions of a vehicle, thinned to maxPoints; first, last and turns are kept',
          params: Where,
          querystring: z.object({ ...range, maxPoints: z.coerce.number().int().min(2).max(100_000).default(5000) }),
          response: { 200: TrackAnswer },
        },
      },
      async ({ params, query }) => {
        const { points, total } = await history.track(params.id, query.from, query.to, query.maxPoints)
        return {
          points: points.map(({ readAt, lat, lon, speedKmh, headingDeg, ignition, trust }) => ({
            ...{ readAt, lat, lon, speedKmh, headingDeg, ignition, trust },
          })),
          total,
          downsampled: points.length < total,
        }
      },
    )
    app.get(
      '/api/vehicles/:id/mileage',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Kilometres of a vehicle, with error band and gaps',
          params: Where,
          querystring: z.object(range),
          response: { 200: MileageAnswer },
        },
      },
      async ({ params, query }) => {
        const { gaps, ...mileage } = await history.mileage(params.id, query.from, query.to)
        return { ...mileage, gaps: [...gaps] }
      },
    )
  }
}
