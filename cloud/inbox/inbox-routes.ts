import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { policyField } from '../http/field-mask.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { InboxService } from './inbox-service.ts'
import { ItemView, itemView, SEES_INBOX } from './item-view.ts'

const ANSWERS: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'dispatcher']
const tags = ['inbox']
const PHONE = policyField('driver', 'phone')

const ConversationView = z
  .strictObject({
    id: z.uuid(),
    channel: z.string(),
    account: z.strictObject({ id: z.uuid(), title: z.string() }),
    source: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable().meta(PHONE),
    subject: z.string().nullable(),
    /** Whose it is; null: nobody's yet. */
    assignee: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
    card: z.uuid().nullable(),
    firstInAt: Instant,
    lastAt: Instant,
    lastText: z.string(),
    /** Since when somebody waits for an answer. */
    waitingSince: Instant.nullable(),
    firstAnswerMs: z.number().nullable(),
    firstAnswerBy: z.string().nullable(),
    closedAt: Instant.nullable(),
  })
  .meta({ id: 'Conversation' })
const Id = z.strictObject({ id: z.uuid() })
const Place = z.tuple([z.number(), z.uuid()])
const moment = (at: number | null) => (at === null ? null : EpochMs.parse(at))

type Row = NonNullable<Awaited<ReturnType<ConversationStore['seen']>>>
const viewOf = (row: Row): z.infer<typeof ConversationView> => ({
  id: row.id,
  channel: row.channel,
  account: { id: row.account, title: row.accountTitle },
  source: row.source,
  name: row.name,
  phone: row.phone,
  subject: row.subject,
  assignee: row.assignee === null ? null : { id: row.assignee, name: row.assigneeName ?? row.assignee },
  card: row.card,
  firstInAt: EpochMs.parse(row.firstInAt),
  lastAt: EpochMs.parse(row.lastAt),
  lastText: row.lastText,
  waitingSince: moment(row.waitingSince),
  firstAnswerMs: row.firstAnswerMs,
  firstAnswerBy: row.firstAnswerBy,
  closedAt: moment(row.closedAt),
})

type Deps = Pick<World, 'clock'> & {
  readonly inbox: InboxService
  /** Somebody who works here, by his account id. */
  readonly personOf: (id: string) => Promise<{ readonly id: string; readonly name: string } | undefined>
}

/** The shared inbox: conversations, answers, whose they are, and how long people wait. */
export function createInboxRoutes({ inbox, personOf, clock }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/inbox',
      {
        config: { roles: SEES_INBOX, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Conversations; the unanswered: whoever waits longest first',
          querystring: z.strictObject({
            state: z.enum(['unanswered', 'answered', 'closed']).optional(),
            account: z.uuid().optional(),
            mine: z.enum(['yes', 'no']).optional(),
            card: z.uuid().optional(),
            q: z.string().trim().max(100).optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ items: z.array(ConversationView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor, ...filter } = request.query
        const found = await inbox.list(callerOf(request), filter, {
          limit: limit + 1,
          after: placeFrom(Place, cursor),
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        const place = filter.state === 'unanswered' ? last?.waitingSince : last?.lastAt
        return {
          items: shown.map(viewOf),
          nextCursor: last === undefined || place === undefined ? null : cursorFrom([place ?? 0, last.id]),
        }
      },
    )
    app.get(
      '/api/inbox/figures',
      {
        config: { roles: SEES_INBOX },
        schema: {
          tags,
          summary: 'How many wait and since when; how long a first answer takes, by who gave it',
          querystring: z.strictObject({ from: Instant.optional(), to: Instant.optional() }),
          response: {
            200: z.object({
              unanswered: z.int(),
              waitingSince: Instant.nullable(),
              people: z.array(
                z.object({ by: z.string().nullable(), conversations: z.int(), medianFirstAnswerMs: z.number() }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const { from = 0, to = clock.now() } = request.query
        const { waiting, people } = await inbox.figures(callerOf(request), from, to)
        return {
          unanswered: waiting.count,
          waitingSince: moment(waiting.since),
          people: people.map(({ by, count, medianMs }) => ({
            by,
            conversations: count,
            medianFirstAnswerMs: Math.round(medianMs),
          })),
        }
      },
    )
    app.get(
      '/api/inbox/:id',
      {
        config: { roles: SEES_INBOX, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'A conversation from its first word on',
          params: Id,
          response: { 200: ConversationView.extend({ items: z.array(ItemView) }) },
        },
      },
      async (request) => {
        const { row, items } = await inbox.one(callerOf(request), request.params.id)
        return {
          ...viewOf(row),
          items: items.map(itemView),
        }
      },
    )
    app.post(
      '/api/inbox/:id/answers',
      {
        config: { roles: ANSWERS },
        schema: {
          tags,
          summary: 'Answer; it goes out the way the question came',
          params: Id,
          body: z.strictObject({ text: z.string().trim().min(1).max(4000) }),
          response: { 202: z.null() },
        },
      },
      async (request, reply) => {
        await inbox.answer(callerOf(request), request.params.id, request.body.text)
        return reply.status(202).send(null)
      },
    )
    app.put(
      '/api/inbox/:id/assignee',
      {
        config: { roles: ANSWERS },
        schema: {
          tags,
          summary: 'Take a conversation (`me`), hand it over, or leave it to all (null)',
          params: Id,
          body: z.strictObject({ to: z.string().min(1).max(80).nullable() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { to } = request.body
        const person = to === null ? undefined : to === 'me' ? caller : await personOf(to)
        if (to !== null && person === undefined) throw new Fault('account/unknown')
        await inbox.assign(
          caller,
          request.params.id,
          person === undefined ? undefined : { id: person.id, name: person.name },
        )
        return reply.status(204).send(null)
      },
    )
    app.post(
      '/api/inbox/:id/close',
      {
        config: { roles: ANSWERS },
        schema: {
          tags,
          summary: 'There is nothing to answer; the next word opens it again',
          params: Id,
          body: z.strictObject({}),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await inbox.close(callerOf(request), request.params.id)
        return reply.status(204).send(null)
      },
    )
  }
}
