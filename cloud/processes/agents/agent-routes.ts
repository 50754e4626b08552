import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { boundsOf, Day, dayOf } from '../../calendar/moscow-day.ts'
import type { Fact } from '../../expressions/fact-type.ts'
import { type Caller, callerOf, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { policyField } from '../../http/field-mask.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { World } from '../../world.ts'
import type { BoardStore } from '../board-store.ts'
import type { May } from '../desk/may.ts'
import { PAGE_POLICY } from '../inbox/apply-page.ts'
import { e164 } from '../inbox/webhook.ts'
import type { Agent, AgentStore } from './agent-store.ts'
import { isAtWork, lastDayOf, statementOf } from './statement.ts'
import { statementGone, statementPage } from './statement-page.ts'

const tags = ['agents']
const SEES: RouteRoles = ['owner', 'head', 'manager', 'accountant', 'auditor']
const CHANGES: RouteRoles = ['owner', 'head', 'manager']
const Id = z.string().min(1).max(100)
const Text = z.string().nullable()
const AgentView = z.object({
  id: z.string(),
  name: Text,
  phone: Text.meta(policyField('agent', 'phone')),
  ref: Text,
  /** Whether applications by his link are his today. */
  active: z.boolean(),
  /** The last day on which they are, where his work has an end. */
  until: Day.nullable(),
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
      phone: text('phone'),
      ref: text('ref'),
      active: isAtWork(fields, clock.now()),
      until: lastDayOf(fields),
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
    app.patch(
      '/api/agents/:id',
      {
        config: { roles: CHANGES, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Another name or phone number of an agent',
          params: z.strictObject({ id: Id }),
          body: z.strictObject({
            name: z.string().trim().min(1).max(200).optional(),
            phone: z.string().trim().min(5).max(30).optional(),
          }),
          response: { 200: AgentView },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { id } = await known(request.params.id)
        const { name, phone: written } = request.body
        const phone = written === undefined ? undefined : e164(written)
        if (written !== undefined && phone === undefined)
          throw new Fault('request/invalid', 'phone: не похоже на номер')
        const set = { ...(name === undefined ? {} : { name }), ...(phone === undefined ? {} : { phone }) }
        const rights = await may(caller)
        const closed = Object.keys(set).filter((field) => ['hidden', 'masked'].includes(rights.field('agent', field)))
        if (closed.length > 0) throw new Fault('card/field-closed', `Эти поля вам не открыты: ${closed.join(', ')}`)
        await agents.change(id, set, [], clock.now())
        return view(caller, await known(id))
      },
    )
    app.put(
      '/api/agents/:id/end',
      {
        config: { roles: CHANGES, looksAt: 'personal' },
        schema: {
          tags,
          summary:
            'The last day on which applications by his link are his; null: he goes on. What he was credited stays',
          params: z.strictObject({ id: Id }),
          body: z.strictObject({ on: Day.nullable() }),
          response: { 200: AgentView },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { id } = await known(request.params.id)
        const { on } = request.body
        const now = clock.now()
        // Definitions of before know the word `active` alone: past days end him there too.
        const set = on === null ? { active: true } : { active: on >= dayOf(now), until: boundsOf(on).from }
        await agents.change(id, set, on === null ? ['until'] : [], now)
        return view(caller, await known(id))
      },
    )
    app.post(
      '/api/agents/:id/link',
      {
        config: { roles: CHANGES, replay: 'never' },
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
