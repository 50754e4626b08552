import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs, Instant } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import { AppealId } from './appeal.ts'
import type { AppealService } from './appeal-service.ts'

const SEES: RouteRoles = ['owner', 'head', 'manager', 'support', 'security', 'dispatcher', 'auditor']
const ANSWERS: RouteRoles = ['owner', 'head', 'manager', 'support', 'security']
const tags = ['appeals']

export const AppealView = z
  .strictObject({
    id: AppealId,
    driverId: DriverId,
    parkId: ParkId,
    vehicleId: VehicleId.nullable(),
    reason: z.string(),
    holds: z.array(HoldReason).readonly(),
    at: Instant,
    answer: z.string().nullable(),
    answeredAt: Instant.nullable(),
    answeredBy: z.string().nullable(),
  })
  .meta({ id: 'Appeal' })

const Place = z.strictObject({ at: EpochMs, id: AppealId })

/** What drivers say is a mistake, and the answers. */
export function createAppealRoutes(appeals: AppealService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/appeals',
      {
        config: { roles: SEES },
        schema: {
          tags,
          summary: 'Appeals of drivers, newest first',
          querystring: z.strictObject({
            state: z.enum(['open', 'answered']).optional(),
            driver: DriverId.optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.string().max(500).optional(),
            sort: z.enum(['-at']).default('-at'),
          }),
          response: { 200: z.strictObject({ items: z.array(AppealView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { state, driver, limit, cursor } = request.query
        const before = placeFrom(Place, cursor)
        const { parks } = callerOf(request)
        const rows = await appeals.list({ parks, state, driverId: driver, limit: limit + 1, before })
        const last = rows.length > limit ? rows[limit - 1] : undefined
        return {
          items: rows.slice(0, limit),
          nextCursor: last === undefined ? null : cursorFrom({ at: last.at, id: last.id }),
        }
      },
    )
    app.post(
      '/api/appeals/:id/answer',
      {
        config: { roles: ANSWERS },
        schema: {
          tags,
          summary: 'Answer an appeal; the driver is told',
          params: z.strictObject({ id: AppealId }),
          body: z.strictObject({ answer: z.string().trim().min(1).max(1000) }),
          response: { 200: AppealView },
        },
      },
      async (request) => appeals.answer(request.params.id, request.body.answer, callerOf(request)),
    )
  }
}
