import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant, minutes } from '#contract/instant.ts'
import { EVERY_ROLE } from '../http/access.ts'
import { BLANK_CAUSES } from './blank.ts'
import type { HistoryService } from './history-service.ts'
import { MileageView } from './mileage-view.ts'

const tags = ['history']
const Where = z.object({ id: VehicleId })
const range = { from: Instant, to: Instant }
const Place = z.object({ lat: z.number(), lon: z.number() })

const TripView = z
  .object({
    from: Instant,
    to: Instant,
    start: Place.nullable(),
    end: Place.nullable(),
    mileage: MileageView,
    highestKmh: z.number().nullable(),
    open: z.boolean().meta({ description: 'The range ends before the trip does' }),
  })
  .meta({ id: 'Trip' })

const StopView = z
  .object({
    from: Instant,
    to: Instant,
    place: Place.nullable(),
    ignition: z.enum(['on', 'off', 'unknown']),
    open: z.boolean(),
  })
  .meta({ id: 'Stop' })

const SpeedView = z
  .object({
    bands: z.array(z.object({ fromKmh: z.number(), toKmh: z.number().nullable(), seconds: z.number() })).readonly(),
    highest: z.object({ kmh: z.number(), at: Instant }).nullable(),
    standingS: z.number(),
    movingS: z.number(),
    unknownS: z.number(),
    points: z.array(z.object({ readAt: Instant, speedKmh: z.number().nullable() })).readonly(),
  })
  .meta({ id: 'SpeedProfile' })

const BlankView = z
  .object({
    from: Instant,
    to: Instant,
    cause: z.enum(BLANK_CAUSES),
    apartM: z.number().nullable().meta({ description: 'Straight line between the places before and after, metres' }),
  })
  .meta({ id: 'Blank' })

const MissingView = z
  .object({
    records: z.int(),
    from: Instant.nullable().meta({ description: 'When the record before them was read; null = there is none' }),
    to: Instant.meta({ description: 'When the record behind them was read' }),
    since: Instant.meta({ description: 'When that one came, and with it the word that these are missing' }),
  })
  .meta({ id: 'MissingRecords', description: 'Made by the gateway, as later numbers tell, and not received yet' })

const Journeys = z.object({
  ...range,
  dwellMin: z.coerce
    .number()
    .min(1)
    .max(240)
    .default(5)
    .meta({ description: 'Standing for so many minutes is a stop; shorter belongs to the trip' }),
})

/** How a vehicle was driven. Paths begin with `/api`. */
export function createHistoryRoutes(history: HistoryService): FastifyPluginAsyncZod {
  const config = { roles: EVERY_ROLE, looksAt: 'location' } as const
  const answer = <Item extends z.ZodType>(item: Item) => ({ 200: z.object({ items: z.array(item).readonly() }) })
  return async (app) => {
    app.get(
      '/api/vehicles/:id/mileage',
      {
        config,
        schema: {
          ...{ tags, summary: 'Kilometres of a vehicle, with error band and gaps', params: Where },
          querystring: z.object(range),
          response: { 200: MileageView },
        },
      },
      async ({ params, query }) => history.mileage(params.id, query.from, query.to),
    )
    app.get(
      '/api/vehicles/:id/trips',
      {
        config,
        schema: {
          tags,
          summary: 'Trips of a vehicle',
          params: Where,
          querystring: Journeys,
          response: answer(TripView),
        },
      },
      async ({ params, query }) => ({
        items: (await history.journeys(params.id, query, { dwellMs: minutes(query.dwellMin) })).trips,
      }),
    )
    app.get(
      '/api/vehicles/:id/stops',
      {
        config,
        schema: {
          tags,
          summary: 'Stops of a vehicle',
          params: Where,
          querystring: Journeys,
          response: answer(StopView),
        },
      },
      async ({ params, query }) => ({
        items: (await history.journeys(params.id, query, { dwellMs: minutes(query.dwellMin) })).stops,
      }),
    )
    app.get(
      '/api/vehicles/:id/speed',
      {
        config,
        schema: {
          ...{ tags, summary: 'How fast a vehicle was, for how long', params: Where },
          querystring: z.object({ ...range, maxPoints: z.coerce.number().int().min(2).max(20_000).default(1000) }),
          response: { 200: SpeedView },
        },
      },
      async ({ params, query }) => history.speed(params.id, query, query.maxPoints),
    )
    app.get(
      '/api/vehicles/:id/gaps',
      {
        config,
        schema: {
          ...{ tags, summary: 'When nobody knows where a vehicle was, and why', params: Where },
          querystring: z.object(range),
          response: {
            200: z.object({ items: z.array(BlankView).readonly(), missing: z.array(MissingView).readonly() }),
          },
        },
      },
      async ({ params, query }) => ({
        items: await history.blanks(params.id, query),
        missing: await history.missing(params.id, query),
      }),
    )
  }
}
