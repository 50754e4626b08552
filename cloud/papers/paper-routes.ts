import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { callerOf, EVERY_ROLE, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { csvOf, type Sheet } from '../spreadsheet/sheet.ts'
import { PaperId, PaperKind, RenewalId } from './paper.ts'
import type { PaperService } from './paper-service.ts'
import { PaperLineView, PaperStandingView, PaperView } from './paper-view.ts'
import { packSheet } from './renewal-pack.ts'

const CHANGES: RouteRoles = ['owner', 'head', 'manager', 'papers']
const tags = ['papers']
const ofVehicle = z.strictObject({ id: VehicleId })
const Note = z.string().trim().max(2000)
const WithinDays = z.coerce.number().int().min(0).max(3660)

type Parts = {
  readonly papers: PaperService
  readonly writeXlsx: (sheet: Sheet) => Promise<Uint8Array>
  /** Those of these vehicles that exist for somebody who sees these parks. */
  readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
}

/** Papers of one vehicle, of the whole fleet, and their renewal. */
export function createPaperRoutes({ papers, writeXlsx, inSight }: Parts): FastifyPluginAsyncZod {
  const mayTouch = (parks: ParksInSight) => async (vehicle: VehicleId) => (await inSight(parks, [vehicle])).has(vehicle)
  return async (app) => {
    app.get(
      '/api/papers',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Papers of the fleet, what ends first coming first',
          description:
            'One line for each kind of each vehicle; a paper that was never entered stands before all others.',
          querystring: z.strictObject({
            q: z.string().trim().min(1).max(80).optional(),
            kind: PaperKind.optional(),
            endingWithinDays: WithinDays.optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
            sort: z.enum(['validUntil']).default('validUntil'),
          }),
          response: { 200: z.strictObject({ items: z.array(PaperLineView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { kind, sort: _, ...query } = request.query
        const kinds = kind === undefined ? undefined : [kind]
        return papers.list({ ...query, kinds, parks: callerOf(request).parks })
      },
    )
    app.get(
      '/api/papers/renewal-pack',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'What is to be renewed, as a spreadsheet',
          querystring: z.strictObject({
            endingWithinDays: WithinDays.default(30),
            format: z.enum(['xlsx', 'csv']).default('xlsx'),
          }),
        },
      },
      async (request, reply) => {
        const { endingWithinDays, format } = request.query
        const lines = await papers.renewalPack(callerOf(request).parks, endingWithinDays)
        reply.header('content-disposition', `attachment; filename="papers-to-renew.${format}"`)
        if (format === 'csv') return reply.type('text/csv; charset=utf-8').send(csvOf(packSheet(lines)))
        return reply
          .type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
          .send(await writeXlsx(packSheet(lines)))
      },
    )
    app.post(
      '/api/papers/renewals',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Note papers as sent for renewal',
          body: z.strictObject({
            items: z
              .array(z.strictObject({ vehicleId: VehicleId, kind: PaperKind }))
              .min(1)
              .max(5000),
            note: Note.default(''),
          }),
          response: { 200: z.strictObject({ sent: z.int() }) },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { items, note } = request.body
        const seen = await inSight(caller.parks, [...new Set(items.map(({ vehicleId }) => vehicleId))])
        if (items.some(({ vehicleId }) => !seen.has(vehicleId))) throw new Fault('vehicle/unknown')
        return { sent: await papers.sendForRenewal(items, note, caller.login) }
      },
    )
    app.delete(
      '/api/papers/renewals/:id',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Call a renewal off',
          params: z.strictObject({ id: RenewalId }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        await papers.callOffRenewal(request.params.id, mayTouch(caller.parks), caller.login)
        return reply.code(204).send(null)
      },
    )
    app.delete(
      '/api/papers/:id',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Withdraw a paper that was entered by mistake',
          params: z.strictObject({ id: PaperId }),
          body: z.strictObject({ note: Note.min(1) }),
          response: { 200: PaperView },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        return papers.withdraw(request.params.id, mayTouch(caller.parks), request.body.note, caller.login)
      },
    )
    app.get(
      '/api/vehicles/:id/papers',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Papers of a vehicle, and what forbids to hand it out',
          params: ofVehicle,
          response: {
            200: z.strictObject({
              standings: z.array(PaperStandingView).readonly(),
              hindrances: z.array(z.string()).readonly(),
              renewals: z.array(
                z.strictObject({
                  id: RenewalId,
                  kind: PaperKind,
                  sentAt: Instant,
                  sentBy: z.string(),
                  note: z.string(),
                }),
              ),
              items: z.array(PaperView),
            }),
          },
        },
      },
      async (request) => papers.of(request.params.id),
    )
    app.post(
      '/api/vehicles/:id/papers',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Enter a paper',
          params: ofVehicle,
          body: z.strictObject({
            kind: PaperKind,
            number: z.string().trim().min(1).max(60),
            issuedBy: z.string().trim().max(200).default(''),
            validUntil: Day,
            note: Note.default(''),
          }),
          response: { 201: PaperView },
        },
      },
      async (request, reply) => {
        const view = await papers.add(request.params.id, request.body, callerOf(request).login)
        return reply.code(201).send(view)
      },
    )
  }
}
