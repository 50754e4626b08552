import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { factsFrom } from '../stored-facts.ts'
import { TaskView, Values } from './card-view.ts'
import type { DeskService } from './desk-service.ts'
import type { TaskStore } from './task-store.ts'

const tags = ['tasks']
const config = { roles: EVERY_ROLE }
const Id = z.strictObject({ id: z.uuid() })

const Next = z.object({
  id: z.string(),
  title: z.string(),
  role: z.string(),
  open: z.boolean(),
  left: z.int(),
  done: z.int(),
  skipsLeft: z.int(),
  from: z.number().nullable(),
  until: z.number().nullable(),
  /** What waits here, by kind of task. */
  waiting: z.array(z.object({ template: z.string(), title: z.string(), count: z.int(), late: z.int() })),
  /** All places that are meant for this person. */
  places: z.array(z.object({ id: z.string(), title: z.string(), waiting: z.int() })),
  task: TaskView.nullable(),
  nextAt: z.object({ at: z.number(), title: z.string() }).nullable(),
})

/** Tasks with their outcomes, approvals and first responses among them, and the workplace that gives one at a time. */
export function createTaskRoutes({
  desk,
  tasks,
}: {
  readonly desk: DeskService
  readonly tasks: TaskStore
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/tasks',
      {
        config,
        schema: {
          tags,
          summary: 'Open tasks: mine and those of my roles, or of everybody for heads',
          querystring: z.strictObject({
            whose: z.enum(['mine', 'all']).default('mine'),
            card: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
          }),
          response: { 200: z.object({ items: z.array(TaskView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => ({
        items: [...(await desk.tasks(callerOf(request), { ...request.query, card: request.query.card }))],
        nextCursor: null,
      }),
    )

    app.post(
      '/api/tasks/:id/outcomes',
      {
        config,
        schema: {
          tags,
          summary:
            'Close a task by an outcome: an answer, «Беру», «Ознакомлен» as well. The same clientKey again changes nothing',
          params: Id,
          body: z.strictObject({
            outcome: z.string().min(1).max(80),
            set: Values.default({}),
            answer: Values.default({}),
            comment: z.string().trim().min(1).max(2000).optional(),
            clientKey: z.string().min(8).max(80).optional(),
          }),
          response: { 200: z.object({ card: z.uuid() }) },
        },
      },
      async (request) => {
        const { outcome, set, answer, comment, clientKey } = request.body
        const card = await desk.close(callerOf(request), request.params.id, {
          outcome,
          set: factsFrom(set),
          answer: factsFrom(answer),
          comment,
          clientKey,
        })
        return { card }
      },
    )

    // A task given is held for a while: asking for the next one changes who has it.
    app.post(
      '/api/workplace/next',
      {
        config: { ...config, replay: 'never' },
        schema: {
          tags,
          summary: 'The next task by the head’s priority, and what waits',
          body: z
            .strictObject({
              place: z.string().min(1).max(80).optional(),
              /** `no`: only to look how much waits. */
              take: z.enum(['yes', 'no']).default('yes'),
            })
            .nullish(),
          response: { 200: Next },
        },
      },
      (request) => desk.next(callerOf(request), { place: request.body?.place, take: request.body?.take ?? 'yes' }),
    )
    app.post(
      '/api/workplace/returns',
      {
        config,
        schema: {
          tags,
          summary: 'Give back the task that was given: it waits for whoever asks next',
          body: z.strictObject({ task: z.uuid() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await desk.giveBack(callerOf(request), request.body.task)
        return reply.status(204).send(null)
      },
    )
    app.post(
      '/api/workplace/skips',
      {
        config,
        schema: {
          tags,
          summary: 'Skip the task that was given, with a reason',
          body: z.strictObject({
            task: z.uuid(),
            reason: z.string().trim().min(3).max(500),
            place: z.string().min(1).max(80).optional(),
          }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await desk.skip(callerOf(request), request.body.task, request.body.reason, request.body.place)
        return reply.status(204).send(null)
      },
    )

    const People = z.object({ roles: z.array(z.string()) })
    app.get(
      '/api/process-roles/:account',
      {
        config: { roles: ['owner', 'head'] },
        schema: {
          tags,
          summary: 'Roles of the definitions given to an account',
          params: z.strictObject({ account: z.string().max(80) }),
          response: { 200: People },
        },
      },
      async (request) => ({
        roles: [...(await tasks.rolesOf(request.params.account))],
      }),
    )
    app.put(
      '/api/process-roles/:account',
      {
        config: { roles: ['owner', 'head'] },
        schema: {
          tags,
          summary: 'Give roles of the definitions to an account; an empty list brings back the usual ones',
          params: z.strictObject({ account: z.string().max(80) }),
          body: z.strictObject({ roles: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,60}$/)).max(40) }),
          response: { 200: People },
        },
      },
      async (request) => {
        await tasks.giveRoles(request.params.account, [...new Set(request.body.roles)])
        return { roles: [...(await tasks.rolesOf(request.params.account))] }
      },
    )
  }
}
