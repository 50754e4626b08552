import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { IDLE_REASONS } from '../idle/idle.ts'
import type { NumbersService } from './numbers-service.ts'
import { LotView, MorningView, NumberItem, NumberName } from './numbers-view.ts'

const READS: RouteRoles = ['owner', 'head', 'accountant', 'auditor']
const LOOKS_AT_LOT: RouteRoles = [...READS, 'manager', 'support', 'service', 'dispatcher']
const tags = ['reports']
const Days = z.coerce.number().int().min(1).max(92).default(7)

/** The numbers of the morning, and the list behind each. */
export function createNumbersRoutes(numbers: Pick<NumbersService, 'morning' | 'list' | 'lot'>): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/reports/morning',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'The numbers of the morning',
          description: 'Utilisation and idle time over the last `days` days of Moscow; money as it stands now.',
          querystring: z.strictObject({ days: Days }),
          response: { 200: MorningView },
        },
      },
      async (request) => numbers.morning(callerOf(request).parks, request.query.days),
    )
    app.get(
      '/api/reports/parkings',
      {
        config: { roles: LOOKS_AT_LOT },
        schema: {
          tags,
          summary:
            'What can be given out today, what is in repair, at which parking it stands, and inside the zone or not',
          response: { 200: LotView },
        },
      },
      async (request) => numbers.lot(callerOf(request).parks),
    )
    app.get(
      '/api/reports/morning/:number',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'The list behind a number, the largest first',
          params: z.strictObject({ number: NumberName }),
          querystring: z.strictObject({ days: Days, reason: z.enum(IDLE_REASONS).optional() }),
          response: { 200: z.strictObject({ items: z.array(NumberItem).readonly(), nextCursor: z.null() }) },
        },
      },
      async (request) => {
        const { days, reason } = request.query
        const items = await numbers.list(request.params.number, callerOf(request).parks, days, reason)
        return { items, nextCursor: null }
      },
    )
  }
}
