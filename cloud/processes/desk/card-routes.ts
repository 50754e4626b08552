import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../../http/access.ts'
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
const HEADS: RouteRoles = ['owner', 'head']

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
  moves: z.enum(['free', 'guarded', 'auto_only']),
  tasksNeeded: z.boolean(),
  /** Whether this caller may work on it where it stands. */
  work: z.boolean(),
  ways: z.array(
    z.object({
      stage: z.string(),
      title: z.string(),
      type: z.enum(['open', 'won', 'lost']),
      /** Every reason against, in words; empty when the way is open. */
      why: Words,
      /** Fields that have to be filled for it. */
      missing: Words,
    }),
  ),
  buttons: z.array(z.object({ id: z.string(), title: z.string() })),
  processes: z.array(z.object({ id: z.string(), title: z.string(), form: Words })),
  running: z.array(
    z.object({
      id: z.string(),
      process: z.string(),
      title: z.string(),
      step: Nullable,
      startedAt: Instant,
      pausedAt: Instant.nullable(),
    }),
  ),
  timers: z.array(z.object({ name: z.string(), dueAt: z.number() })),
  tasks: z.array(TaskView),
})
type Deps = { readonly desk: DeskService; readonly processes: Pick<ProcessService, 'act'> }

/** A card and what a person does to it. */
export function createCardRoutes({ desk, processes }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
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
      {
        config: { ...config, looksAt: 'personal' },
        schema: { tags, summary: 'A card: fields, next steps, tasks', params: Id, response: { 200: Card } },
      },
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
    const STEERS = [
      ['pause', 'Pause a running process: no step, no reminder and no task of it until it is resumed'],
      ['resume', 'Let a paused process go on where it stood'],
      ['stop', 'Stop a running process'],
    ] as const
    for (const [kind, summary] of STEERS)
      app.post(
        `/api/cards/:id/processes/:run/${kind}`,
        {
          config: { roles: HEADS },
          schema: {
            tags,
            summary,
            params: Id.extend({ run: z.uuid() }),
            body: z.strictObject({ reason: z.string().trim().min(3).max(500) }),
            response: { 200: Card },
          },
        },
        (request) => act(request, request.params.id, { kind, run: request.params.run }, request.body.reason),
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
  }
}
