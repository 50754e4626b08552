import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { InboxStore } from './inbox-store.ts'
import { ADAPTERS, readIncoming } from './webhook.ts'

type Deps = Pick<World, 'clock' | 'uuid' | 'randomBytes'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly inboxStore: (db: Postgres['db']) => InboxStore
    /** Carries the event out at once, so that a call finds its rule before the next ring. */
    readonly carryOut: (key: string) => Promise<void>
  }
const tags = ['hooks']
const MANAGES: RouteRoles = ['owner', 'head']
const Adapter = z.enum(ADAPTERS)

/** Events from outside: each by a secret address of its own, each once, in whatever order they come. */
export function createInboxRoutes({
  db,
  inTransaction,
  clock,
  uuid,
  randomBytes,
  inboxStore,
  carryOut,
}: Deps): FastifyPluginAsyncZod {
  const inbox = inboxStore(db)
  return async (app) => {
    app.post(
      '/in/:adapter/:token',
      {
        config: { roles: 'public', replay: 'never', rateLimit: { max: 600, timeWindow: '1 minute' } },
        bodyLimit: 64 * 1024,
        schema: {
          tags,
          summary: 'An event from telephony, a form, 1C or another program; the same id again changes nothing',
          params: z.strictObject({ adapter: Adapter, token: z.string().min(20).max(100) }),
          response: { 202: z.object({ accepted: z.enum(['new', 'known']) }) },
        },
      },
      async (request, reply) => {
        const { adapter, token } = request.params
        if (!(await inbox.isHook(adapter, token))) throw new Fault('hook/unknown')
        const read = readIncoming(adapter, request.body)
        if (read.kind === 'wrong') throw new Fault('request/invalid', read.why)
        const key = await inTransaction((tx) => inboxStore(tx).take(adapter, read.incoming, clock.now()))
        if (key === undefined) return reply.status(202).send({ accepted: 'known' as const })
        await carryOut(key)
        return reply.status(202).send({ accepted: 'new' as const })
      },
    )

    const Hook = z.object({
      id: z.uuid(),
      adapter: z.string(),
      title: z.string(),
      createdAt: Instant,
      createdBy: z.string(),
      revokedAt: Instant.nullable(),
    })
    app.get(
      '/api/hooks',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'Addresses for incoming events',
          response: { 200: z.object({ items: z.array(Hook), nextCursor: z.null() }) },
        },
      },
      async () => {
        const rows = await inbox.hooks()
        return {
          items: rows.map((row) => ({
            ...row,
            createdAt: EpochMs.parse(row.createdAt),
            revokedAt: row.revokedAt === null ? null : EpochMs.parse(row.revokedAt),
          })),
          nextCursor: null,
        }
      },
    )
    app.post(
      '/api/hooks',
      {
        config: { roles: MANAGES, replay: 'never' },
        schema: {
          tags,
          summary: 'A new address; its secret is shown once',
          body: z.strictObject({ adapter: Adapter, title: z.string().trim().min(1).max(120) }),
          response: { 201: z.object({ id: z.uuid(), path: z.string() }) },
        },
      },
      async (request, reply) => {
        const token = Buffer.from(randomBytes(24)).toString('base64url')
        const id = uuid()
        await inbox.addHook({ id, ...request.body, token, by: callerOf(request).name, at: clock.now() })
        return reply.status(201).send({ id, path: `/in/${request.body.adapter}/${token}` })
      },
    )
    app.delete(
      '/api/hooks/:id',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'Close an address',
          params: z.strictObject({ id: z.uuid() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        if (!(await inbox.revoke(request.params.id, clock.now()))) throw new Fault('hook/unknown')
        return reply.status(204).send(null)
      },
    )
    const Unmatched = z.object({
      key: z.string(),
      amountKopecks: z.number(),
      match: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      at: Instant,
    })
    app.get(
      '/api/payments/unmatched',
      {
        config: { roles: ['owner', 'head', 'accountant'] },
        schema: {
          tags,
          summary: 'Payments that fit no card yet',
          response: { 200: z.object({ items: z.array(Unmatched), nextCursor: z.null() }) },
        },
      },
      async () => ({
        items: (await inbox.unmatched()).map(({ key, amount, match, at }) => ({
          key,
          amountKopecks: amount,
          match: match.match,
          at: EpochMs.parse(at),
        })),
        nextCursor: null,
      }),
    )
  }
}
