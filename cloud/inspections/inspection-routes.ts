import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { Condition, InspectionState, PostponeReason, StationId, VisitId } from './inspection.ts'
import type { InspectionService } from './inspection-service.ts'
import { InspectionView, VisitView } from './inspection-view.ts'

const BOOKS: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'dispatcher']
const WORKS: RouteRoles = ['owner', 'head', 'service', 'mechanic']
const MEETS: RouteRoles = ['owner', 'head', 'service', 'mechanic', 'manager', 'dispatcher']
const PLANS: RouteRoles = ['owner', 'head', 'service']
const tags = ['inspections']
const ofVehicle = z.strictObject({ id: VehicleId })
const ofVisit = z.strictObject({ id: VehicleId, visitId: VisitId })
const Note = z.string().trim().max(2000)
const SlotBody = z.strictObject({ stationId: StationId, at: Instant })
const Km = z.int().min(0).max(9_999_999)

/** What is due when, and the visits of vehicles; stations and their slots are in station-routes.ts. */
export function createInspectionRoutes(inspections: InspectionService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/inspections',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Inspections of the fleet, what presses most coming first',
          description: '`overdue` counts all that are past due within the parks and the search, on whichever page.',
          querystring: z.strictObject({
            q: z.string().trim().min(1).max(80).optional(),
            state: z.union([InspectionState, z.array(InspectionState)]).optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
            sort: z.enum(['urgency']).default('urgency'),
          }),
          response: {
            200: z.strictObject({
              items: z.array(InspectionView),
              nextCursor: z.string().nullable(),
              overdue: z.int(),
            }),
          },
        },
      },
      async (request) => {
        const { state, sort: _, ...query } = request.query
        const states = state === undefined ? undefined : [state].flat()
        return inspections.list({ ...query, states, parks: callerOf(request).parks })
      },
    )
    app.get(
      '/api/vehicles/:id/inspection',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'The inspection plan of a vehicle and its visits, newest first',
          params: ofVehicle,
          response: { 200: z.strictObject({ plan: InspectionView.nullable(), visits: z.array(VisitView) }) },
        },
      },
      async (request) => inspections.of(request.params.id),
    )
    app.put(
      '/api/vehicles/:id/inspection',
      {
        config: { roles: PLANS },
        schema: {
          tags,
          summary: 'Set interval and due point',
          params: ofVehicle,
          body: z.strictObject({
            stepKm: Km.min(100),
            stepDays: z.int().min(1).max(3650),
            dueKm: Km.nullable(),
            dueOn: Day.nullable(),
            version: z.int().meta({ description: '0 where there is no plan yet' }),
          }),
          response: { 200: z.strictObject({ plan: InspectionView.nullable(), visits: z.array(VisitView) }) },
        },
      },
      async (request) => {
        const { version, ...wish } = request.body
        await inspections.setPlan(request.params.id, wish, version)
        return inspections.of(request.params.id)
      },
    )
    app.post(
      '/api/vehicles/:id/inspection/visits',
      {
        config: { roles: BOOKS },
        schema: { tags, summary: 'Book a visit', params: ofVehicle, body: SlotBody, response: { 201: VisitView } },
      },
      async (request, reply) => {
        const { parks, login } = callerOf(request)
        return reply.code(201).send(await inspections.book(request.params.id, request.body, parks, login))
      },
    )
    app.post(
      '/api/vehicles/:id/inspection/visits/:visitId/arrived',
      {
        config: { roles: MEETS },
        schema: { tags, summary: 'The vehicle has come', params: ofVisit, response: { 200: VisitView } },
      },
      async (request) => inspections.arrive(request.params.id, request.params.visitId),
    )
    app.post(
      '/api/vehicles/:id/inspection/visits/:visitId/postpone',
      {
        config: { roles: BOOKS },
        schema: {
          tags,
          summary: 'Put a visit off, with a reason; each but the park’s own counts',
          params: ofVisit,
          body: z.strictObject({ reason: PostponeReason, note: Note.default(''), next: SlotBody.optional() }),
          response: {
            200: z.strictObject({ visit: VisitView, next: VisitView.nullable(), postponed: z.int() }),
          },
        },
      },
      async (request) => {
        const { parks, login } = callerOf(request)
        return inspections.postpone(request.params.id, request.params.visitId, request.body, parks, login)
      },
    )
    app.post(
      '/api/vehicles/:id/inspection/visits/:visitId/cancel',
      {
        config: { roles: BOOKS },
        schema: {
          tags,
          summary: 'Call a visit off; counts against nobody',
          params: ofVisit,
          body: z.strictObject({ note: Note.min(1) }),
          response: { 200: VisitView },
        },
      },
      async (request) =>
        inspections.cancel(request.params.id, request.params.visitId, request.body.note, callerOf(request).login),
    )
    app.post(
      '/api/vehicles/:id/inspection/visits/:visitId/finish',
      {
        config: { roles: WORKS },
        schema: {
          tags,
          summary: 'The visit is over: odometer and condition',
          description: 'The next inspection falls due from here, and the counter of postponements is zero again.',
          params: ofVisit,
          body: z.strictObject({ odometerKm: Km, condition: Condition, conditionNote: Note.default('') }),
          response: { 200: VisitView },
        },
      },
      async (request) =>
        inspections.finish(request.params.id, request.params.visitId, request.body, callerOf(request).login),
    )
  }
}
