import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import type { RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { BalanceService } from './balance-service.ts'

const READS: RouteRoles = ['owner', 'head', 'manager', 'support', 'accountant', 'auditor']
const tags = ['balances']

const SweepView = z.strictObject({
  source: z.string(),
  /** When the next round begins. */
  dueAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  drivers: z.int(),
  /** Told of, but nobody we know. */
  strangers: z.int(),
  /** Records that could not be read. */
  refused: z.int(),
  failures: z.int(),
  trouble: z.string().nullable(),
})

/** Where balances come from, and how the rounds through the sources go. */
export function createBalanceRoutes(
  balances: Pick<BalanceService, 'sweeps' | 'askNow' | 'sources'>,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/balances/sources',
      {
        config: { roles: READS },
        schema: {
          tags,
          summary: 'Sources of balances and their last rounds',
          response: { 200: z.strictObject({ items: z.array(SweepView) }) },
        },
      },
      async () => {
        const known = balances.sources()
        const rows = (await balances.sweeps()).filter(({ source }) => known.includes(source))
        return { items: rows.map(({ takenUntil: _, ...row }) => row) }
      },
    )
    app.post(
      '/api/balances/sources/:source/ask',
      {
        config: { roles: ['owner', 'head', 'accountant'] },
        schema: {
          tags,
          summary: 'Begin the next round of a source now',
          params: z.strictObject({ source: z.string().max(120) }),
          response: { 202: z.strictObject({ source: z.string() }) },
        },
      },
      async (request, reply) => {
        const { source } = request.params
        if (!(await balances.askNow(source))) throw new Fault('balance/no-source')
        return reply.code(202).send({ source })
      },
    )
  }
}
