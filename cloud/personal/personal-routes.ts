import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { DriverId } from '../drivers/driver.ts'
import { callerOf, inPerson } from '../http/access.ts'
import { KEPT, Retention, readable } from './kept.ts'
import type { PersonalService } from './personal-service.ts'

const tags = ['personal data']
const params = z.strictObject({ id: DriverId })
const Kept = z.array(z.strictObject({ what: z.string(), why: z.string() })).readonly()

/** What is known of one driver, forgetting it, and how long words about people stand. */
export function createPersonalRoutes(personal: PersonalService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/drivers/:id/personal',
      {
        config: { roles: ['owner', 'security'], looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Everything known of one driver, to be handed to him; `as=text` for reading',
          params,
          querystring: z.strictObject({ as: z.enum(['json', 'text']).default('json') }),
        },
      },
      async (request, reply) => {
        const sections = await personal.about(request.params.id, callerOf(request))
        const kind = request.query.as
        reply.header(
          'content-disposition',
          `attachment; filename="driver-${request.params.id}.${kind === 'json' ? 'json' : 'txt'}"`,
        )
        if (kind === 'text') return reply.type('text/plain; charset=utf-8').send(readable(sections))
        return reply.type('application/json; charset=utf-8').send(JSON.stringify({ sections, kept: KEPT }, null, 2))
      },
    )
    app.post(
      '/api/drivers/:id/personal/erase',
      {
        config: { roles: ['owner'], looksAt: 'nothing', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Forget one driver; answers what has to be kept, and why',
          params,
          response: { 200: z.strictObject({ erased: z.array(z.string()), auditWords: z.int(), kept: Kept }) },
        },
      },
      async (request) => personal.erase(request.params.id, inPerson(callerOf(request))),
    )
    app.get(
      '/api/access/retention',
      {
        config: { roles: ['owner', 'head', 'security', 'auditor'] },
        schema: {
          tags,
          summary: 'How many days each kind of what is known of people is kept; frames: KORDON_HISTORY_MONTHS',
          response: { 200: Retention },
        },
      },
      async () => personal.retention(),
    )
    app.put(
      '/api/access/retention',
      {
        config: { roles: ['owner'], action: 'access:change', secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Change that; what is left out stays as it is',
          body: Retention.partial(),
          response: { 200: Retention },
        },
      },
      async (request) => personal.setRetention(request.body, callerOf(request)),
    )
  }
}
