import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { type Caller, callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { e164 } from '../processes/inbox/webhook.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import type { CallService } from './call-service.ts'
import type { CallStore } from './call-store.ts'
import { CallView, callView, SEES_CALLS } from './call-view.ts'
import type { LineStore } from './line-store.ts'

const CALLS: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'dispatcher']
const tags = ['calls']

const Id = z.strictObject({ id: z.uuid() })
const Place = z.tuple([z.number(), z.uuid()])
const Period = { from: Instant.optional(), to: Instant.optional() }
const Phone = z
  .string()
  .max(40)
  .transform((written) => e164(written))
  .refine((number): number is string => number !== undefined, { error: 'not a phone number' })

type Deps = Pick<World, 'uuid'> & {
  readonly calls: CallService
  readonly store: CallStore
  readonly lines: LineStore
  readonly cardInSight: (card: string, parks: ParksInSight) => Promise<boolean>
}
/** The log of calls, recordings, and calls made or handed on from here. */
export function createCallRoutes({ calls, store, lines, cardInSight, uuid }: Deps): FastifyPluginAsyncZod {
  const extensionOf = async (caller: Caller): Promise<string | undefined> =>
    (await lines.extensionOf(`person:${caller.id}`)) ?? lines.extensionOf(`role:${caller.role}`)

  return async (app) => {
    app.get(
      '/api/calls',
      {
        config: { roles: SEES_CALLS, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'The log of calls, newest first; `no-source`: those that tell nothing of where they come from',
          querystring: z.strictObject({
            number: Phone.optional(),
            card: z.uuid().optional(),
            source: z.string().max(200).optional(),
            state: z.enum(['missed', 'answered', 'no-source']).optional(),
            ...Period,
            limit: z.coerce.number().int().min(1).max(500).default(50),
            cursor: z.string().max(200).optional(),
          }),
          response: { 200: z.object({ items: z.array(CallView), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const { limit, cursor, ...filter } = request.query
        const found = await store.list(
          { ...filter, parks: caller.parks },
          { limit: limit + 1, before: placeFrom(Place, cursor) },
        )
        const shown = found.slice(0, limit)
        const cards = await store.cardsOf(shown.map(({ id }) => id))
        const last = found.length > limit ? shown.at(-1) : undefined
        return {
          items: shown.map((call) => callView(call, cards.get(call.id) ?? [])),
          nextCursor: last === undefined ? null : cursorFrom([last.startedAt, last.id]),
        }
      },
    )
    app.get(
      '/api/calls/figures',
      {
        config: { roles: SEES_CALLS },
        schema: {
          tags,
          summary: 'Number and length of calls, by source or by the person who took them',
          querystring: z.strictObject({ by: z.enum(['source', 'extension']).default('source'), ...Period }),
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  /** Null: the calls tell nothing of it. */
                  of: z.string().nullable(),
                  calls: z.number(),
                  answered: z.number(),
                  missed: z.number(),
                  talkMs: z.number(),
                }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const { by, from, to } = request.query
        return { items: await store.figures({ from, to, parks: callerOf(request).parks }, by) }
      },
    )
    app.get(
      '/api/calls/:id/recording',
      {
        config: { roles: SEES_CALLS, looksAt: 'personal' },
        schema: { tags, summary: 'The recording of a call, to be played', params: Id },
      },
      async (request, reply) => {
        const call = await calls.call(request.params.id, callerOf(request).parks)
        const kept = await store.recording(call.id)
        if (kept === undefined) throw new Fault('call/no-recording')
        return reply
          .header('content-type', kept.type)
          .header('cache-control', 'private, no-store')
          .header('content-disposition', `inline; filename="${call.id}"`)
          .send(Buffer.from(kept.bytes))
      },
    )
    const Asked = z.object({ key: z.string() })
    app.post(
      '/api/calls',
      {
        config: { roles: CALLS },
        schema: {
          tags,
          summary: 'Ask the exchange to call a number and to join the caller’s own extension to it',
          body: z.strictObject({ to: Phone, card: z.uuid().optional() }),
          response: { 202: Asked },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { card } = request.body
        if (card !== undefined && !(await cardInSight(card, caller.parks))) throw new Fault('card/unknown')
        const extension = await extensionOf(caller)
        if (extension === undefined) throw new Fault('call/no-extension')
        const key = `person:${uuid()}`
        await calls.ask(
          { key, kind: 'call', callId: undefined, to: request.body.to, text: extension },
          { card, by: caller.name },
        )
        return reply.status(202).send({ key })
      },
    )
    app.post(
      '/api/calls/:id/transfer',
      {
        config: { roles: CALLS },
        schema: {
          tags,
          summary: 'Hand a call that is going on over to a role, a group or a person',
          params: Id,
          body: z.strictObject({ to: z.string().regex(/^(role|group|person):.{1,80}$/) }),
          response: { 202: Asked },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const call = await calls.call(request.params.id, caller.parks)
        if (call.endedAt !== undefined) throw new Fault('call/over')
        const extension = await lines.extensionOf(request.body.to)
        if (extension === undefined) throw new Fault('call/no-extension')
        const key = `person:${uuid()}`
        await calls.ask(
          { key, kind: 'transfer', callId: call.callId, to: extension, text: undefined },
          { card: undefined, by: caller.name },
        )
        return reply.status(202).send({ key })
      },
    )
  }
}
