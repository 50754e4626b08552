import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { Fact } from '../../expressions/fact-type.ts'
import { type Caller, callerOf, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { World } from '../../world.ts'
import type { BoardStore } from '../board-store.ts'
import type { May } from '../desk/may.ts'
import { PAGE_POLICY } from '../inbox/apply-page.ts'
import type { Agent, AgentStore } from './agent-store.ts'
import { statementOf } from './statement.ts'
import { statementGone, statementPage } from './statement-page.ts'

const tags = ['agents']
const SEES: RouteRoles = ['owner', 'head', 'manager', 'accountant', 'auditor']
const Id = z.string().min(1).max(100)
const Text = z.string().nullable()
const AgentView = z.object({
  id: z.string(),
  name: Text,
  ref: Text,
  active: z.boolean(),
  /** Of all parks together, so only for those who see all of them. */
  toPayKopecks: z.int().nullable(),
  paidOutKopecks: z.int().nullable(),
})
const numberOf = (fact: Fact): number => (typeof fact === 'number' ? fact : 0)

type Deps = Pick<World, 'clock' | 'randomBytes'> & {
  readonly agents: AgentStore
  readonly cardsInSight: BoardStore['amongInSight']
  readonly may: May
}

/** What each agent has brought and earned: for the staff by park, and for himself by a secret address. */
export function createAgentRoutes({ agents, cardsInSight, may, clock, randomBytes }: Deps): FastifyPluginAsyncZod {
  const view = async (caller: Caller, { id, fields }: Agent): Promise<z.infer<typeof AgentView>> => {
    const rights = await may(caller)
    const text = (field: string): string | null => {
      const value = fields[field]
      const right = rights.field('agent', field)
      if (typeof value !== 'string' || right === 'hidden') return null
      return right === 'masked' ? rights.shown('agent', field, value) : value
    }
    const sum = (field: string): number | null =>
      caller.parks !== 'all' || ['hidden', 'masked'].includes(rights.field('agent', field))
        ? null
        : numberOf(fields[field])
    return {
      id,
      name: text('name'),
      ref: text('ref'),
      active: fields['active'] === true,
      toPayKopecks: sum('toPay'),
      paidOutKopecks: sum('paidOut'),
    }
  }
  const known = async (id: string): Promise<Agent> => {
    const agent = await agents.find(id)
    if (agent === undefined) throw new Fault('agent/unknown')
    return agent
  }
  return async (app) => {
    app.get(
      '/api/agents',
      {
        config: { roles: SEES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Agents; sums are of all parks together, and null for who sees some of them',
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(500).optional(),
          }),
          response: { 200: z.object({ items: z.array(AgentView), nextCursor: Text }) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query
        const found = await agents.list(limit + 1, placeFrom(z.tuple([Id]), cursor)?.[0])
        const items = await Promise.all(found.slice(0, limit).map((agent) => view(callerOf(request), agent)))
        const last = found.length > limit ? items.at(-1) : undefined
        return { items, nextCursor: last === undefined ? null : cursorFrom([last.id]) }
      },
    )
    app.get(
      '/api/agents/:id/statement',
      {
        config: { roles: SEES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'What an agent was credited in a period, of the cards that this caller sees',
          params: z.strictObject({ id: Id }),
          querystring: z.strictObject({ from: Instant.optional(), to: Instant.optional() }),
          response: {
            200: z.object({
              agent: AgentView,
              brought: z.int(),
              creditedKopecks: z.int(),
              credits: z.array(z.object({ card: z.string(), day: Instant.nullable(), driver: Text, kopecks: z.int() })),
            }),
          },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { from = EpochMs.parse(0), to = clock.now() } = request.query
        if (from >= to) throw new Fault('request/invalid', 'to must lie behind from')
        const agent = await known(request.params.id)
        const credits = await agents.credits(agent.id, { from, to })
        const seen = await cardsInSight(
          credits.map(({ id }) => id),
          caller.parks,
        )
        const names = (await may(caller)).field('agent_row', 'driver')
        const { credits: own, ...sums } = statementOf(credits.filter(({ id }) => seen.has(id)))
        return {
          agent: await view(caller, agent),
          ...sums,
          credits: own.map(({ id: card, day, driver, kopecks }) => ({
            card,
            day: EpochMs.nullable().parse(day),
            driver: names === 'hidden' || names === 'masked' ? null : driver,
            kopecks,
          })),
        }
      },
    )
    app.post(
      '/api/agents/:id/link',
      {
        config: { roles: ['owner', 'head', 'manager'], replay: 'never' },
        schema: {
          tags,
          summary: 'A secret address where the agent reads his own statement; the one he had before is closed',
          params: z.strictObject({ id: Id }),
          response: { 201: z.object({ path: z.string() }) },
        },
      },
      async (request, reply) => {
        const { id } = await known(request.params.id)
        const token = Buffer.from(randomBytes(24)).toString('base64url')
        await agents.setLink(id, token, clock.now())
        return reply.status(201).send({ path: `/agent/${token}` })
      },
    )
    app.get(
      '/agent/:token',
      {
        config: { roles: 'public', rateLimit: { max: 60, timeWindow: 60_000 } },
        schema: { hide: true, params: z.strictObject({ token: z.string().max(100) }) },
      },
      async (request, reply) => {
        const id = await agents.linked(request.params.token)
        const agent = id === undefined ? undefined : await agents.find(id)
        reply
          .headers({ 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' })
          .header('cache-control', 'no-store')
          .type('text/html; charset=utf-8')
        if (agent === undefined) return reply.status(404).send(statementGone)
        const { name, toPay, paidOut } = agent.fields
        const sums = { toPay: numberOf(toPay), paidOut: numberOf(paidOut) }
        const page = statementPage(
          typeof name === 'string' ? name : '',
          sums,
          statementOf(await agents.credits(agent.id)),
        )
        return reply.send(page)
      },
    )
  }
}
