import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { Calls } from '../../calls/app.ts'
import { callerOf, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Postgres } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { InboxStore } from './inbox-store.ts'
import { rememberBodies } from './signed-body.ts'
import { ADAPTERS, type Adapter, type Incoming, readIncoming } from './webhook.ts'

type Deps = Pick<World, 'clock' | 'uuid' | 'randomBytes'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly inboxStore: (db: Postgres['db']) => InboxStore
    /** Carries the event out at once, so that a call finds its rule before the next ring. */
    readonly carryOut: (key: string) => Promise<void>
    /** Keeps what an exchange says of a call, and answers what there is to tell of it. */
    readonly calls: Pick<Calls, 'take' | 'joined'> | undefined
    /** Names of events of which only the newest word about somebody counts. */
    readonly newestOnly: () => Promise<ReadonlySet<string>>
    readonly isSigned: (secret: string, body: string, header: string | undefined, now: number) => boolean
  }
const tags = ['hooks']
const MANAGES: RouteRoles = ['owner', 'head']
const AdapterName = z.enum(ADAPTERS)

/** Events from outside: each by a secret address of its own, each once, in whatever order they come. */
export function createInboxRoutes({
  db,
  inTransaction,
  clock,
  uuid,
  randomBytes,
  inboxStore,
  carryOut,
  calls,
  newestOnly,
  isSigned,
}: Deps): FastifyPluginAsyncZod {
  const inbox = inboxStore(db)

  /** Stores what came and answers the keys of what it sets off; each once, in one transaction. */
  const taken = async (
    adapter: Adapter,
    hook: string,
    read: Exclude<ReturnType<typeof readIncoming>, { kind: 'wrong' }>,
  ) => {
    // Before the transaction: within it nothing else may ask the database.
    const newest = await newestOnly()
    return inTransaction(async (tx) => {
      const now = clock.now()
      const store = inboxStore(tx)
      if (read.kind === 'read') {
        const counts = newest.has(read.incoming.event) ? 'newest' : 'each'
        const one = await store.takeInOrder(adapter, read.incoming, now, counts)
        return { keys: one.kind === 'new' ? [one.key] : [], accepted: one.kind, call: undefined }
      }
      if (calls === undefined) throw new Fault('hook/unknown')
      const { id, isNew, told } = await calls.take(tx, hook, read.call)
      const keys: string[] = []
      for (const { name, key, payload } of told) {
        const incoming: Incoming = { event: name, key, payload, happenedAt: read.call.at }
        const kept = await store.take(adapter, incoming, now)
        if (kept !== undefined) keys.push(kept)
      }
      return { keys, accepted: isNew ? ('new' as const) : ('known' as const), call: id }
    })
  }

  return async (app) => {
    const bodyOf = rememberBodies(app)
    app.post(
      '/in/:adapter/:token',
      {
        config: { roles: 'public', replay: 'never', rateLimit: { max: 600, timeWindow: '1 minute' } },
        bodyLimit: 64 * 1024,
        schema: {
          tags,
          summary: 'An event from telephony, a form, 1C or another program; the same id again changes nothing',
          description:
            'known: this id has come before. late: of this event only the newest word counts, and a newer one about the same was there already.',
          params: z.strictObject({ adapter: AdapterName, token: z.string().min(20).max(100) }),
          response: { 202: z.object({ accepted: z.enum(['new', 'known', 'late']) }) },
        },
      },
      async (request, reply) => {
        const { adapter, token } = request.params
        const hook = await inbox.findHook(adapter, token)
        if (hook === undefined) throw new Fault('hook/unknown')
        const header = request.headers['kordon-signature']
        if (hook.secret !== null && !isSigned(hook.secret, bodyOf(request), header?.toString(), clock.now()))
          throw new Fault('hook/signature')
        const read = readIncoming(adapter, request.body, clock.now())
        if (read.kind === 'wrong') throw new Fault('request/invalid', read.why)
        const { keys, accepted, call } = await taken(adapter, hook.id, read)
        for (const key of keys) await carryOut(key)
        if (call !== undefined) await calls?.joined(call)
        return reply.status(202).send({ accepted })
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
          summary: 'A new address; its secrets are shown once. Signed: messages need the header kordon-signature',
          body: z.strictObject({
            adapter: AdapterName,
            title: z.string().trim().min(1).max(120),
            signed: z.enum(['yes', 'no']).default('no'),
          }),
          response: { 201: z.object({ id: z.uuid(), path: z.string(), secret: z.string().nullable() }) },
        },
      },
      async (request, reply) => {
        if (request.body.adapter === 'fine' && request.body.signed === 'no')
          throw new Fault('request/invalid', 'signed: a hook of fines moves money and has to be signed')
        const token = Buffer.from(randomBytes(24)).toString('base64url')
        const id = uuid()
        const { signed, ...body } = request.body
        const secret = signed === 'yes' ? Buffer.from(randomBytes(32)).toString('base64url') : undefined
        await inbox.addHook({ id, ...body, token, secret, by: callerOf(request).name, at: clock.now() })
        return reply.status(201).send({ id, path: `/in/${body.adapter}/${token}`, secret: secret ?? null })
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
