import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { type Caller, callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import type { Author } from '../policies/policy-service.ts'
import type { RuleBookService, RuleInBook } from './book/rule-book-service.ts'
import { placesHold } from './compiled-rule.ts'
import type { OutcomeStore } from './outcome-store.ts'
import type { WhatIfService } from './trial/what-if-service.ts'
import { WhatIfResult, WhatIfWish } from './what-if-wish.ts'

const tags = ['rules']
const MAY_READ: RouteRoles = ['owner', 'head', 'manager', 'support', 'security', 'auditor']
const MAY_CHANGE: RouteRoles = ['owner', 'head']
const params = z.strictObject({ id: z.string().max(64) })
const Why = z.string().trim().min(3).max(500)

const Counts = z.strictObject({ satisfied: z.int(), notSatisfied: z.int(), unknown: z.int() })
type Counts = z.infer<typeof Counts>
const View = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    /** `acting`, `shadow`: only watches; `paused`; `broken`: its text no longer fits what it names. */
    state: z.enum(['acting', 'shadow', 'paused', 'broken', 'off']),
    actingVersion: z.int().nullable(),
    shadowVersion: z.int().nullable(),
    shadowSince: Instant.nullable(),
    newestVersion: z.int(),
    source: z.string(),
    placesHold: z.boolean(),
    everyMs: z.int().nullable(),
    events: z.array(z.string()).readonly(),
    /** How many it is so for now; what is unknown fires nothing. */
    acting: Counts,
    shadow: Counts,
    changedAt: Instant,
  })
  .meta({ id: 'Rule' })
const VersionView = z.strictObject({
  version: z.int(),
  title: z.string(),
  source: z.string(),
  origin: z.enum(['shipped', 'edited']),
  at: Instant,
  by: z.string(),
  why: z.string(),
  differences: z.array(z.strictObject({ ru: z.string(), en: z.string() })).readonly(),
})
const SwitchView = z.strictObject({
  what: z.enum(['shadow', 'act', 'pause', 'resume', 'retire']),
  version: z.int().nullable(),
  at: Instant,
  by: z.string(),
  why: z.string(),
})
const TrialView = z.strictObject({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  doneShare: z.number(),
  result: WhatIfResult.nullable(),
  error: z.string().nullable(),
})

type AllCounts = Awaited<ReturnType<OutcomeStore['counts']>>
type Deps = {
  readonly book: RuleBookService
  readonly counts: () => Promise<AllCounts>
  readonly whatIf: Pick<WhatIfService, 'ask' | 'find' | 'cancel'>
  readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
}

const authorOf = ({ id, login, role }: Caller): Author => ({ id, name: login, role })

const stateOf = ({ row, compiled }: RuleInBook): z.infer<typeof View>['state'] => {
  if (compiled === undefined) return 'broken'
  if (row.paused) return 'paused'
  if (row.actingVersion !== null) return 'acting'
  return row.shadowVersion === null ? 'off' : 'shadow'
}

function countsOf(all: AllCounts, id: string, mode: 'acting' | 'shadow'): Counts {
  const of = (verdict: string) =>
    Number(all.find((one) => one.ruleId === id && one.mode === mode && one.verdict === verdict)?.count ?? 0)
  return { satisfied: of('satisfied'), notSatisfied: of('notSatisfied'), unknown: of('unknown') }
}

const viewOf = (rule: RuleInBook, all: AllCounts): z.infer<typeof View> => ({
  id: rule.row.id,
  title: rule.newest.title,
  state: stateOf(rule),
  actingVersion: rule.row.actingVersion,
  shadowVersion: rule.row.shadowVersion,
  shadowSince: rule.row.shadowSince,
  newestVersion: rule.newest.version,
  source: rule.newest.source,
  placesHold: rule.compiled !== undefined && placesHold(rule.compiled),
  everyMs: rule.compiled?.everyMs ?? null,
  events: rule.compiled === undefined ? [] : [...rule.compiled.events, ...rule.compiled.changed],
  acting: countsOf(all, rule.row.id, 'acting'),
  shadow: countsOf(all, rule.row.id, 'shadow'),
  changedAt: rule.row.changedAt,
})

/** Rules: their text, versions, what they would have done, and who let them act. */
export function createRuleRoutes({ book, counts, whatIf, inSight }: Deps): FastifyPluginAsyncZod {
  const answer = async (rule: RuleInBook) => viewOf(rule, await counts())
  /** Counts are of the whole house; which vehicles they are is told of the parks in sight. */
  const shownTo = async ({ parks }: Caller, result: WhatIfResult): Promise<WhatIfResult> => {
    if (parks === 'all') return result
    const named = [...result.hits.flatMap(({ vehicleId }) => vehicleId ?? []), ...result.added, ...result.spared]
    const seen = await inSight(
      parks,
      [...new Set(named)].flatMap((id) => VehicleId.safeParse(id).data ?? []),
    )
    const known: ReadonlySet<string | null> = seen
    const isSeen = (id: string | null) => known.has(id)
    return {
      ...result,
      hits: result.hits.filter(({ vehicleId }) => isSeen(vehicleId)),
      added: result.added.filter(isSeen),
      spared: result.spared.filter(isSeen),
    }
  }
  return async (app) => {
    app.get(
      '/api/rules',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Rules, and for how many each holds, does not, or is not known',
          response: { 200: z.strictObject({ items: z.array(View), nextCursor: z.null() }) },
        },
      },
      async () => {
        const all = await counts()
        return { items: (await book.list()).map((rule) => viewOf(rule, all)), nextCursor: null }
      },
    )
    app.get(
      '/api/rules/:id',
      { config: { roles: MAY_READ }, schema: { tags, summary: 'One rule', params, response: { 200: View } } },
      async (request) => answer(await book.get(request.params.id)),
    )
    app.get(
      '/api/rules/:id/versions',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Versions, newest first, and in words what each changed',
          params,
          response: { 200: z.strictObject({ items: z.array(VersionView), nextCursor: z.null() }) },
        },
      },
      async (request) => ({
        items: (await book.versions(request.params.id)).map(({ ruleId: _, byId: __, byName, ...version }) => ({
          ...version,
          by: byName,
        })),
        nextCursor: null,
      }),
    )
    app.get(
      '/api/rules/:id/switches',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Who let it watch, act or pause, newest first',
          params,
          response: { 200: z.strictObject({ items: z.array(SwitchView), nextCursor: z.null() }) },
        },
      },
      async (request) => ({
        items: (await book.switches((await book.get(request.params.id)).row.id)).map(
          ({ what, version, at, byName, why }) => ({ what, version, at, by: byName, why }),
        ),
        nextCursor: null,
      }),
    )
    app.post(
      '/api/rules/lint',
      {
        config: { roles: MAY_CHANGE },
        schema: {
          tags,
          summary: 'What is wrong with a text, by line and column',
          body: z.strictObject({ source: z.string().max(20_000) }),
          response: { 200: z.strictObject({ problems: z.array(z.string()).readonly() }) },
        },
      },
      async (request) => ({ problems: book.lint(request.body.source) }),
    )
    app.post(
      '/api/rules',
      {
        config: { roles: MAY_CHANGE },
        schema: {
          tags,
          summary: 'A new rule, or the next version of one: it watches until it is let act',
          body: z.strictObject({
            source: z.string().max(20_000),
            /** The newest version you saw; 0 for a new rule. */
            base: z.int().min(0),
            why: Why,
          }),
          response: { 201: View },
        },
      },
      async (request, reply) => {
        const { source: text, base, why } = request.body
        return reply
          .code(201)
          .send(await answer(await book.write({ text, base, why, by: authorOf(callerOf(request)) })))
      },
    )
    app.post(
      '/api/rules/:id/act',
      {
        config: { roles: MAY_CHANGE, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Let a version act that has been watched for long enough, or that acted before',
          params,
          body: z.strictObject({ version: z.int().min(1), why: Why }),
          response: { 200: View },
        },
      },
      async (request) =>
        answer(await book.act({ id: request.params.id, ...request.body, by: authorOf(callerOf(request)) })),
    )
    for (const [word, summary] of [
      ['pause', 'Stop a rule: it neither acts nor watches; holds stay as they are'],
      ['resume', 'Let a stopped rule go on'],
    ] as const)
      app.post(
        `/api/rules/:id/${word}`,
        {
          config: { roles: MAY_CHANGE, ...(word === 'resume' ? { secondFactor: 'fresh' as const } : {}) },
          schema: { tags, summary, params, body: z.strictObject({ why: Why }), response: { 200: View } },
        },
        async (request) =>
          answer(await book[word]({ id: request.params.id, why: request.body.why, by: authorOf(callerOf(request)) })),
      )
    app.post(
      '/api/rules/what-if',
      {
        config: { roles: MAY_CHANGE },
        schema: {
          tags,
          summary: 'Try other numbers or another text over what truly happened',
          description: 'Runs in the background: ask for the result until its state is done, failed or cancelled.',
          body: WhatIfWish,
          response: { 202: z.strictObject({ id: z.string(), href: z.string() }) },
        },
      },
      async (request, reply) => {
        const id = await whatIf.ask(request.body, authorOf(callerOf(request)))
        return reply.code(202).send({ id, href: `/api/rules/what-if/${id}` })
      },
    )
    app.get(
      '/api/rules/what-if/:trial',
      {
        config: { roles: MAY_CHANGE },
        schema: {
          tags,
          summary: 'Progress and result of a trial',
          params: z.strictObject({ trial: z.uuid() }),
          response: { 200: TrialView },
        },
      },
      async (request) => {
        const { id, state, doneShare, result, error } = await whatIf.find(request.params.trial)
        return { id, state, doneShare, result: result && (await shownTo(callerOf(request), result)), error }
      },
    )
    app.delete(
      '/api/rules/what-if/:trial',
      {
        config: { roles: MAY_CHANGE },
        schema: {
          tags,
          summary: 'Call a trial off',
          params: z.strictObject({ trial: z.uuid() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await whatIf.cancel(request.params.trial)
        return reply.code(204).send(null)
      },
    )
  }
}
