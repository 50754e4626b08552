import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { Day, DayTime } from '../calendar/moscow-day.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { ParkId, parkFor } from '../parks/park.ts'
import { StationId } from './inspection.ts'
import type { InspectionService } from './inspection-service.ts'
import type { Station } from './inspection-store.ts'
import { StationView, VisitView } from './inspection-view.ts'

const PLANS: RouteRoles = ['owner', 'head', 'service']
const tags = ['inspections']
const ofStation = z.strictObject({ id: StationId })

const StationBody = z
  .strictObject({
    parkId: ParkId.optional(),
    name: z.string().trim().min(1).max(80),
    address: z.string().trim().max(200).default(''),
    boxes: z.int().min(1).max(100),
    opens: DayTime,
    closes: DayTime,
    slotMinutes: z.int().min(15).max(480),
    weekdays: z
      .array(z.int().min(0).max(6))
      .min(1)
      .refine((days) => new Set(days).size === days.length, { error: 'a weekday is named twice' })
      .meta({ description: '0 for Monday … 6 for Sunday' }),
  })
  .refine(({ opens, closes }) => opens < closes, { error: 'a station opens before it closes', path: ['closes'] })

const viewOf = ({ closedAt: _, ...station }: Station): StationView => station

/** Inspection stations of the parks, their free slots and their day. */
export function createStationRoutes(inspections: InspectionService, uuid: () => string): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/inspection-stations',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Stations that work',
          response: { 200: z.strictObject({ items: z.array(StationView), nextCursor: z.null() }) },
        },
      },
      async (request) => {
        const stations = await inspections.stations(callerOf(request).parks)
        return { items: stations.map(viewOf), nextCursor: null }
      },
    )
    app.post(
      '/api/inspection-stations',
      {
        config: { roles: PLANS },
        schema: { tags, summary: 'Add a station', body: StationBody, response: { 201: StationView } },
      },
      async (request, reply) => {
        const parkId = parkFor(callerOf(request).parks, request.body.parkId)
        if (parkId === undefined) throw new Fault('park/unknown')
        const id = StationId.parse(uuid())
        return reply.code(201).send(viewOf(await inspections.addStation({ ...request.body, parkId, id })))
      },
    )
    app.delete(
      '/api/inspection-stations/:id',
      {
        config: { roles: PLANS },
        schema: {
          tags,
          summary: 'Close a station; visits that are booked stay',
          params: ofStation,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await inspections.closeStation(request.params.id, callerOf(request).parks)
        return reply.code(204).send(null)
      },
    )
    app.get(
      '/api/inspection-stations/:id/slots',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Free slots',
          params: ofStation,
          querystring: z.strictObject({ from: Day, days: z.coerce.number().int().min(1).max(31).default(7) }),
          response: {
            200: z.strictObject({ items: z.array(z.strictObject({ at: Instant, free: z.int() })).readonly() }),
          },
        },
      },
      async (request) => {
        const { from, days } = request.query
        return { items: await inspections.slots(request.params.id, callerOf(request).parks, from, days) }
      },
    )
    app.get(
      '/api/inspection-stations/:id/visits',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Visits of one day',
          params: ofStation,
          querystring: z.strictObject({ day: Day }),
          response: { 200: z.strictObject({ items: z.array(VisitView).readonly() }) },
        },
      },
      async (request) => ({
        items: await inspections.dayOf(request.params.id, callerOf(request).parks, request.query.day),
      }),
    )
  }
}
