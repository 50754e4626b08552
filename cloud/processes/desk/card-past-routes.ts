import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { CallView } from '../../calls/call-view.ts'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { ItemView } from '../../inbox/item-view.ts'
import { MessageView } from '../../messages/message-view.ts'
import { cursorFrom, placeFrom } from '../../vehicles/cursor.ts'
import { CardItem } from './card-view.ts'
import type { DeskService } from './desk-service.ts'
import { PAST_SOURCES, PAST_VIEWS } from './past.ts'

const tags = ['cards']
const config = { roles: EVERY_ROLE }
const Id = z.strictObject({ id: z.uuid() })
const Name = z.string().min(1).max(80)
const Words = z.array(z.string())
const Nullable = z.string().nullable()

const Around = CardItem.extend({
  pipelineTitle: z.string(),
  stageTitle: z.string(),
  /** `parent`, `child`, or the entity that both are about. */
  relation: z.string(),
})
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
const PastLine = z
  .object({
    /** What it is; the field of this name is there, and no other. */
    source: z.enum(PAST_SOURCES),
    at: Instant,
    log: LogLine.optional(),
    call: CallView.optional(),
    message: MessageView.optional(),
    letter: ItemView.extend({ who: z.string().nullable(), channel: z.string(), account: z.string() }).optional(),
    file: z
      .object({
        id: z.uuid(),
        document: z.string().nullable(),
        name: z.string(),
        addedAt: Instant,
        addedBy: z.string(),
      })
      .optional(),
  })
  .meta({ id: 'PastLine' })
const Place = z.strictObject({ at: z.int(), source: z.enum(PAST_SOURCES), id: z.string().max(60) })

type StoredLine = Omit<z.infer<typeof LogLine>, 'at'> & { readonly at: number }
const lineOf = ({ id, at, stage, kind, change, actorKind, actor, actorName, ruleVersion, reason }: StoredLine) => ({
  id,
  at: EpochMs.parse(at),
  stage,
  kind,
  change,
  actorKind,
  actor,
  actorName,
  ruleVersion,
  reason,
})

/** What stands around a card: its kin, its log with comments, documents made by hand. */
export function createCardPastRoutes({ desk }: { readonly desk: DeskService }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/cards/:id/around',
      {
        config,
        schema: {
          tags,
          summary:
            'Cards that this one came from, that came of it, and that are about the same car, driver, machine or client',
          params: Id,
          response: { 200: z.object({ items: z.array(Around), nextCursor: z.null() }) },
        },
      },
      async (request) => ({
        items: (await desk.around(callerOf(request), request.params.id)).map(({ relation, card }) => ({
          ...card,
          relation,
        })),
        nextCursor: null,
      }),
    )
    app.get(
      '/api/cards/:id/document-templates',
      {
        config,
        schema: {
          tags,
          summary: 'Documents that may be made of the card, each with the fields it lacks',
          params: Id,
          response: {
            200: z.object({
              items: z.array(z.object({ id: z.string(), title: z.string(), missing: Words })),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async (request) => ({
        items: await desk.templates(callerOf(request), request.params.id),
        nextCursor: null,
      }),
    )
    app.post(
      '/api/cards/:id/documents/made',
      {
        config,
        schema: {
          tags,
          summary: 'Make a document of a template as Word and PDF; with gaps nothing is made and they are named',
          params: Id,
          body: z.strictObject({ document: Name }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await desk.make(callerOf(request), request.params.id, request.body.document)
        return reply.status(204).send(null)
      },
    )
    app.post(
      '/api/cards/:id/comments',
      {
        config,
        schema: {
          tags,
          summary: 'Write a comment into the log of the card',
          params: Id,
          body: z.strictObject({ text: z.string().trim().min(1).max(2000) }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await desk.comment(callerOf(request), request.params.id, request.body.text)
        return reply.status(204).send(null)
      },
    )

    app.get(
      '/api/cards/:id/past',
      {
        config: { ...config, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Everything about a card in one list, newest first: changes, calls, messages, letters, files',
          params: Id,
          querystring: z.strictObject({
            view: z.enum(PAST_VIEWS).default('all'),
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.string().max(300).optional(),
          }),
          response: { 200: z.object({ items: z.array(PastLine), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { view, limit, cursor } = request.query
        const place = placeFrom(Place, cursor)
        const { lines, next } = await desk.past(callerOf(request), request.params.id, { view, limit, place })
        return {
          items: lines.map(({ source, at, log, call, message, letter, file }) => ({
            source,
            at: EpochMs.parse(at),
            ...(log === undefined ? {} : { log: lineOf(log) }),
            ...(call === undefined ? {} : { call }),
            ...(message === undefined ? {} : { message }),
            ...(letter === undefined ? {} : { letter }),
            ...(file === undefined ? {} : { file: { ...file, addedAt: EpochMs.parse(file.addedAt) } }),
          })),
          nextCursor: next === undefined ? null : cursorFrom(next),
        }
      },
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
        const { limit, cursor } = request.query
        const { items, nextCursor } = await desk.log(callerOf(request), request.params.id, cursor, limit)
        return {
          items: items.map(lineOf),
          nextCursor,
        }
      },
    )
  }
}
