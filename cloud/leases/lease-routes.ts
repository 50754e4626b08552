import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { clerkOf } from '../drivers/clerk.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { BuyoutTerms, LeaseId, LeasePlan, LeaseState } from './lease.ts'
import { HANDS_OVER, SEES_LEASES } from './lease-roles.ts'
import type { LeaseService } from './lease-service.ts'
import { LeaseView } from './lease-view.ts'
import { Kopecks, Schedule } from './schedule.ts'

const AGREES: RouteRoles = ['owner', 'head', 'manager']
const tags = ['leases']
const params = z.strictObject({ id: LeaseId })
const Limit = z.coerce.number().int().min(1).max(500).default(100)
const Cursor = z.string().max(500).optional()
const Note = z.string().trim().max(2000)

const Terms = z.strictObject({
  plan: LeasePlan,
  /** Exactly one is the main one; a single driver is, without saying so. */
  drivers: z
    .array(z.strictObject({ driverId: DriverId, main: z.boolean().default(false) }))
    .min(1)
    .max(6),
  startsOn: Day,
  endsOn: Day.nullable(),
  depositKopecks: Kopecks,
  schedule: Schedule,
  buyout: BuyoutTerms.nullable(),
  marketValueKopecks: Kopecks.nullable(),
  note: Note,
})
const NewLease = Terms.extend({
  vehicleId: VehicleId,
  endsOn: Terms.shape.endsOn.default(null),
  depositKopecks: Terms.shape.depositKopecks.default(0),
  buyout: Terms.shape.buyout.default(null),
  marketValueKopecks: Terms.shape.marketValueKopecks.default(null),
  note: Terms.shape.note.default(''),
})
const Said = z.strictObject({
  note: Note.default(''),
  parking: z.string().trim().min(1).max(120).optional(),
  /** Only to close: the lease ends although a paper has lapsed. */
  despite: z.enum(['hindrances']).optional(),
})

type Drivers = z.infer<typeof Terms>['drivers']
const withMain = (drivers: Drivers): Drivers =>
  drivers.map((one) => ({ ...one, main: one.main || drivers.length === 1 }))
const EVENTS = [
  ['activate', 'The vehicle is handed over; days are charged from now on'],
  ['cancel', 'The draft comes to nothing'],
  ['return', 'The driver hands the vehicle back, on the parking named'],
  ['resume', 'The vehicle stays with the driver after all'],
  ['close', 'The vehicle is back; the last days are charged and the shift ends'],
] as const

const GUARDED = 'Refused with `hindrances` while a paper is missing or lapses; to hand over, also while a hold stands.'

/** Leases from draft to end. */
export function createLeaseRoutes(leases: LeaseService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/leases',
      {
        config: { roles: SEES_LEASES },
        schema: {
          tags,
          summary: 'Leases, newest first',
          querystring: z.strictObject({
            state: LeaseState.optional(),
            driver: DriverId.optional(),
            vehicle: VehicleId.optional(),
            limit: Limit,
            cursor: Cursor,
            sort: z.enum(['-number']).default('-number'),
          }),
          response: {
            200: z.strictObject({ items: z.array(LeaseView).readonly(), nextCursor: z.string().nullable() }),
          },
        },
      },
      async (request) => {
        const { driver: driverId, vehicle: vehicleId, sort: _, ...query } = request.query
        return leases.list({ ...query, driverId, vehicleId, parks: callerOf(request).parks })
      },
    )
    app.post(
      '/api/leases',
      {
        config: { roles: AGREES },
        schema: { tags, summary: 'Draft a lease', body: NewLease, response: { 201: LeaseView } },
      },
      async (request, reply) => {
        const terms = { ...request.body, drivers: withMain(request.body.drivers) }
        const view = await leases.add(terms, clerkOf(callerOf(request)))
        return reply.code(201).header('location', `/api/leases/${view.id}`).send(view)
      },
    )
    app.get(
      '/api/leases/:id',
      { config: { roles: SEES_LEASES }, schema: { tags, summary: 'A lease', params, response: { 200: LeaseView } } },
      async (request) => leases.view(request.params.id, callerOf(request).parks),
    )
    app.patch(
      '/api/leases/:id',
      {
        config: { roles: AGREES },
        schema: {
          tags,
          summary: 'Change the terms of a lease',
          description: 'While it runs, plan and first day stand, and no charged day becomes free.',
          params,
          body: Terms.partial().extend({ version: z.int() }),
          response: { 200: LeaseView },
        },
      },
      async (request) => {
        const { drivers } = request.body
        const wish = { ...request.body, drivers: drivers === undefined ? undefined : withMain(drivers) }
        return leases.change(request.params.id, wish, clerkOf(callerOf(request)))
      },
    )
    app.get(
      '/api/leases/:id/history',
      {
        config: { roles: SEES_LEASES },
        schema: {
          tags,
          summary: 'The steps of a lease, oldest first',
          params,
          response: {
            200: z.strictObject({
              items: z.array(z.strictObject({ at: Instant, state: LeaseState, by: z.string(), note: z.string() })),
            }),
          },
        },
      },
      async (request) => {
        const steps = await leases.history(request.params.id, callerOf(request).parks)
        return { items: steps.map(({ at, state, byName, note }) => ({ at, state, by: byName, note })) }
      },
    )
    for (const [event, summary] of EVENTS)
      app.post(
        `/api/leases/:id/${event}`,
        {
          config: { roles: event === 'return' || event === 'resume' ? HANDS_OVER : AGREES },
          schema: {
            tags,
            summary,
            description: event === 'activate' || event === 'close' ? GUARDED : summary,
            params,
            body: Said.nullish(),
            response: { 200: LeaseView },
          },
        },
        async (request) =>
          leases.act(request.params.id, event, request.body ?? { note: '' }, clerkOf(callerOf(request))),
      )
  }
}
