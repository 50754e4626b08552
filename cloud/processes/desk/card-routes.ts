import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import type { BoardStore } from '../board-store.ts'
import type { CardEvent } from '../engine/card.ts'
import type { ProcessService } from '../process-service.ts'
import { factsFrom } from '../stored-facts.ts'
import { CardItem, FieldView, TaskView, Values } from './card-view.ts'
import type { DeskService } from './desk-service.ts'

const tags = ['cards']
const config = { roles: EVERY_ROLE }
const Id = z.strictObject({ id: z.uuid() })
const Name = z.string().min(1).max(80)
const Words = z.array(z.string())
const Nullable = z.string().nullable()
const Moment = z.number().nullable()

const Pipeline = z.object({
  id: z.string(),
  title: z.string(),
  case: Nullable,
  card: z.string(),
  moves: z.enum(['free', 'guarded', 'auto_only']),
  views: Words,
  start: z.string(),
  focus: z.object({ metric: z.string(), title: z.string(), from: Nullable, to: Nullable }).nullable(),
  stages: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      help: Nullable,
      type: z.enum(['open', 'won', 'lost']),
      colour: Nullable,
      next: Words,
      needIn: Words,
      count: z.int(),
      total: z.number(),
      oldestEnteredAt: Moment,
      band: z.object({ low: z.number().nullable(), high: z.number().nullable() }).nullable(),
      turn: z.enum(['low', 'high']).nullable(),
    }),
  ),
})
const Card = CardItem.extend({
  pipelineTitle: z.string(),
  stageTitle: z.string(),
  stageHelp: Nullable,
  definition: z.int(),
  version: z.int(),
  entity: z.string(),
  subject: Nullable,
  parent: Nullable,
  form: z.array(FieldView),
  ways: z.array(z.object({ stage: z.string(), title: z.string(), why: Words })),
  buttons: z.array(z.object({ id: z.string(), title: z.string() })),
  processes: z.array(z.object({ id: z.string(), title: z.string(), form: Words })),
  running: z.array(z.object({ id: z.string(), process: z.string(), title: z.string(), step: Nullable })),
  timers: z.array(z.object({ name: z.string(), dueAt: z.number() })),
  tasks: z.array(TaskView),
})
const Place = z.tuple([z.number(), z.number()])
const LogLine = z.object({
  id: z.int(),
  at: Instant,
  stage: z.string(),
  kind: z.string(),
  change: z.record(z.string(), z.unknown()),
  actorKind: z.string(),
  actor: z.string(),
  actorName: Nullable,
  ruleVersion: z.int().nullable(),
  reason: Nullable,
})

type Deps = { readonly desk: DeskService; readonly processes: Pick<ProcessService, 'act'>; readonly boards: BoardStore }

/** Boards, cards and what a person does to a card. */
export function createCardRoutes({ desk, processes, boards }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/pipelines',
      {
        config,
        schema: {
          tags,
          summary: 'Pipelines with counts by stage',
          response: { 200: z.object({ items: z.array(Pipeline) }) },
        },
      },
      async (request) => ({
        items: await desk.pipelines(callerOf(request)),
      }),
    )

    app.get(
      '/api/cards',
      {
        config,
        schema: {
          tags,
          summary: 'Cards of a pipeline: board and list over one query',
          querystring: z.strictObject({
            pipeline: Name.optional(),
            stage: Name.optional(),
            responsible: Name.optional(),
            state: z.enum(['open', 'closed', 'all']).default('open'),
            q: z.string().max(100).optional(),
            /** JSON: field → exact value. */
            fields: z.string().max(1000).optional(),
            entity: Name.optional(),
            record: Name.optional(),
            sort: z.enum(['enteredAt', 'createdAt', 'no']).default('enteredAt'),
            limit: z.coerce.number().int().min(1).max(5000).default(100),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ items: z.array(CardItem), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, sort, fields, entity, record, ...filter } = request.query
        const exact = fields === undefined ? undefined : factsFrom(Values.parse(JSON.parse(fields)))
        const link = entity === undefined || record === undefined ? undefined : { entity, record }
        const after = placeFrom(Place, cursor)
        const items = await desk.cards(callerOf(request), { ...filter, fields: exact, link }, { limit, after, sort })
        const last = items.at(-1)
        return {
          items,
          nextCursor: items.length < limit || last === undefined ? null : cursorFrom([last[sort], last.no]),
        }
      },
    )

    app.post(
      '/api/cards',
      {
        config,
        schema: {
          tags,
          summary: 'A new card',
          body: z.strictObject({
            pipeline: Name,
            stage: Name.optional(),
            subject: z.string().max(80).optional(),
            fields: Values.default({}),
          }),
          response: { 201: Card },
        },
      },
      async (request, reply) => {
        const { pipeline, stage, subject, fields } = request.body
        const { state } = await desk.create(callerOf(request), { pipeline, stage, subject, fields: factsFrom(fields) })
        return reply.status(201).send(await desk.card(callerOf(request), state.card.id))
      },
    )

    app.get(
      '/api/cards/:id',
      { config, schema: { tags, summary: 'A card: fields, next steps, tasks', params: Id, response: { 200: Card } } },
      (request) => desk.card(callerOf(request), request.params.id),
    )

    const act = async (request: Parameters<typeof callerOf>[0], id: string, event: CardEvent, reason?: string) => {
      const caller = callerOf(request)
      if ('set' in event) await desk.mayWrite(caller, id, event.set)
      else await desk.mayWrite(caller, id, {})
      await processes.act(id, event, await desk.actorOf(caller), { reason })
      return desk.card(caller, id)
    }
    const body = <Shape extends z.ZodRawShape>(shape: Shape) =>
      z.strictObject({ ...shape, reason: z.string().max(500).optional() })
    const answers = { response: { 200: Card }, params: Id, tags }

    app.patch(
      '/api/cards/:id',
      { config, schema: { ...answers, summary: 'Fill fields', body: body({ set: Values }) } },
      (request) =>
        act(request, request.params.id, { kind: 'fields', set: factsFrom(request.body.set) }, request.body.reason),
    )
    app.post(
      '/api/cards/:id/moves',
      {
        config,
        schema: {
          ...answers,
          summary: 'Move to a stage, past its guards',
          body: body({ stage: Name, set: Values.default({}) }),
        },
      },
      (request) =>
        act(
          request,
          request.params.id,
          { kind: 'move', stage: request.body.stage, set: factsFrom(request.body.set) },
          request.body.reason,
        ),
    )
    app.post(
      '/api/cards/:id/buttons',
      { config, schema: { ...answers, summary: 'Press a button of the stage', body: body({ button: Name }) } },
      (request) => act(request, request.params.id, { kind: 'button', id: request.body.button }, request.body.reason),
    )
    app.post(
      '/api/cards/:id/processes',
      {
        config,
        schema: { ...answers, summary: 'Start a process', body: body({ process: Name, set: Values.default({}) }) },
      },
      (request) =>
        act(
          request,
          request.params.id,
          { kind: 'start', process: request.body.process, set: factsFrom(request.body.set) },
          request.body.reason,
        ),
    )
    app.post(
      '/api/cards/:id/processes/:run/stop',
      {
        config: { roles: ['owner', 'head'] },
        schema: {
          tags,
          summary: 'Stop a running process',
          params: Id.extend({ run: z.uuid() }),
          body: z.strictObject({ reason: z.string().min(3).max(500) }),
          response: { 200: Card },
        },
      },
      (request) => act(request, request.params.id, { kind: 'stop', run: request.params.run }, request.body.reason),
    )
    app.post(
      '/api/cards/:id/responsible',
      {
        config,
        schema: {
          ...answers,
          summary: 'Hand a card over',
          body: body({ to: z.string().regex(/^(person|role):.{1,80}$/) }),
        },
      },
      (request) => act(request, request.params.id, { kind: 'responsible', to: request.body.to }, request.body.reason),
    )

    app.get(
      '/api/cards/:id/log',
      {
        config,
        schema: {
          tags,
          summary: 'Everything that has happened to a card, oldest first',
          params: Id,
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(1000).default(200),
            cursor: z.coerce.number().int().min(0).default(0),
          }),
          response: { 200: z.object({ items: z.array(LogLine), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        await desk.card(callerOf(request), request.params.id)
        const { limit, cursor } = request.query
        const rows = await boards.log(request.params.id, cursor, limit)
        const items = rows.map(
          ({ card: _card, version: _version, pipeline: _pipeline, evidence: _evidence, ...row }) => ({
            ...row,
            at: EpochMs.parse(row.at),
          }),
        )
        return { items, nextCursor: rows.length < limit ? null : String(rows.at(-1)?.id ?? 0) }
      },
    )
  }
}
