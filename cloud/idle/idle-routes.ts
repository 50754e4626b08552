import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import { IDLE_REASONS, SaidReason } from './idle.ts'
import type { IdleService } from './idle-service.ts'

const SAYS: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'mechanic', 'dispatcher', 'papers']
const tags = ['vehicles']
const params = z.strictObject({ id: VehicleId })
const Place = z.strictObject({ from: EpochMs })

const IdleHistory = z
  .strictObject({
    /** What a person has said; it stands until it is taken back. */
    said: z.strictObject({ reason: SaidReason, note: z.string(), at: Instant, by: z.string() }).nullable(),
    items: z.array(
      z.strictObject({ reason: z.enum([...IDLE_REASONS, 'on_line']), from: Instant, until: Instant.nullable() }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'VehicleIdle' })

/** Why a vehicle earns nothing: now, before, and in a person's word. */
export function createIdleRoutes(idle: IdleService): FastifyPluginAsyncZod {
  const answer = async (vehicle: VehicleId, limit = 50, cursor?: string) => {
    const { word, rows } = await idle.of(vehicle, limit + 1, placeFrom(Place, cursor)?.from)
    const last = rows.length > limit ? rows[limit - 1] : undefined
    return {
      said: word === undefined ? null : { reason: word.reason, note: word.note, at: word.at, by: word.byName },
      items: rows
        .slice(0, limit)
        .map(({ standing, fromAt, untilAt }) => ({ reason: standing, from: fromAt, until: untilAt })),
      nextCursor: last === undefined ? null : cursorFrom({ from: last.fromAt }),
    }
  }
  return async (app) => {
    app.get(
      '/api/vehicles/:id/idle',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Reasons of idleness, newest first, without a gap',
          params,
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(500).optional(),
          }),
          response: { 200: IdleHistory },
        },
      },
      async (request) => answer(request.params.id, request.query.limit, request.query.cursor),
    )
    app.put(
      '/api/vehicles/:id/idle',
      {
        config: { roles: SAYS },
        schema: {
          tags,
          summary: 'Say why a vehicle stands',
          params,
          body: z.strictObject({ reason: SaidReason, note: z.string().trim().max(1000).default('') }),
          response: { 200: IdleHistory },
        },
      },
      async (request) => {
        const { reason, note } = request.body
        await idle.say(request.params.id, reason, note, callerOf(request).login)
        return answer(request.params.id)
      },
    )
    app.delete(
      '/api/vehicles/:id/idle',
      {
        config: { roles: SAYS },
        schema: { tags, summary: 'Take the word back', params, response: { 200: IdleHistory } },
      },
      async (request) => {
        await idle.takeBack(request.params.id)
        return answer(request.params.id)
      },
    )
  }
}
