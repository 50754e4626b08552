import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { type Caller, callerOf, Role, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight, ParkId } from '../parks/park.ts'
import { rememberBodies } from '../processes/inbox/signed-body.ts'
import type { World } from '../world.ts'
import type { AccountStore } from './account-store.ts'
import type { InboxService } from './inbox-service.ts'
import { CHANNELS, readWord } from './incoming.ts'

const MANAGES: RouteRoles = ['owner', 'head']
const tags = ['inbox']
const Channel = z.enum(CHANNELS)
const AccountView = z
  .strictObject({
    id: z.uuid(),
    channel: Channel,
    title: z.string(),
    source: z.string(),
    form: z.string(),
    address: z.string().nullable(),
    parkId: ParkId.nullable(),
    roles: z.array(z.string()).readonly(),
    assignTo: z.string().nullable(),
    createdAt: Instant,
    createdBy: z.string(),
    closedAt: Instant.nullable(),
  })
  .meta({ id: 'InboxAccount' })
const Id = z.strictObject({ id: z.uuid() })

type Deps = Pick<World, 'clock' | 'uuid' | 'randomBytes'> & {
  readonly accounts: AccountStore
  readonly inbox: Pick<InboxService, 'receive'>
  readonly personOf: (id: string) => Promise<{ readonly id: string; readonly name: string } | undefined>
  readonly isSigned: (secret: string, body: string, header: string | undefined, now: number) => boolean
}

/** Accounts of messengers, sites and mailboxes, and what comes in by them. Nobody but the server knows their tokens. */
export function createAccountRoutes(deps: Deps): FastifyPluginAsyncZod {
  const { accounts, inbox, clock, uuid, randomBytes } = deps
  const secretOf = (length: number) => Buffer.from(randomBytes(length)).toString('base64url')
  /** Those of a park in sight, and those of no park. */
  const seen = async ({ parks }: Caller) =>
    (await accounts.all()).filter(({ parkId }) => parkId === null || isInSight(parks, parkId))
  return async (app) => {
    const bodyOf = rememberBodies(app)
    app.post(
      '/in/inbox/:token',
      {
        config: { roles: 'public', replay: 'never', rateLimit: { max: 1200, timeWindow: '1 minute' } },
        bodyLimit: 256 * 1024,
        schema: {
          tags,
          summary: 'A message of a messenger, a site or a mailbox; the same id again changes nothing',
          params: z.strictObject({ token: z.string().min(20).max(100) }),
          response: { 200: z.object({ accepted: z.enum(['new', 'known', 'nothing']) }) },
        },
      },
      async (request) => {
        const account = await accounts.byToken(request.params.token)
        if (account === undefined) throw new Fault('hook/unknown')
        // The MAX bot API sends the secret itself; all others sign with it.
        const max = request.headers['x-max-bot-api-secret']
        const header = request.headers['kordon-signature']
        const isTrusted =
          account.secret === null ||
          (account.channel === 'max' && max === account.secret) ||
          deps.isSigned(account.secret, bodyOf(request), header?.toString(), clock.now())
        if (!isTrusted) throw new Fault('hook/signature')
        const read = readWord(Channel.parse(account.channel), request.body)
        if (read.kind === 'wrong') throw new Fault('request/invalid', read.why)
        if (read.kind === 'nothing') return { accepted: 'nothing' as const }
        return { accepted: (await inbox.receive(account, read.word)) ? ('new' as const) : ('known' as const) }
      },
    )
    app.get(
      '/api/inbox-accounts',
      {
        config: { roles: ['owner', 'head', 'manager', 'support', 'service', 'dispatcher', 'auditor'] },
        schema: {
          tags,
          summary: 'Accounts by which people write to us',
          response: { 200: z.object({ items: z.array(AccountView), nextCursor: z.null() }) },
        },
      },
      async (request) => ({
        items: (await seen(callerOf(request))).map((row) => ({
          id: row.id,
          channel: Channel.parse(row.channel),
          title: row.title,
          source: row.source,
          form: row.form,
          address: row.address,
          parkId: row.parkId,
          roles: row.roles,
          assignTo: row.assignTo,
          createdAt: EpochMs.parse(row.createdAt),
          createdBy: row.createdBy,
          closedAt: row.closedAt === null ? null : EpochMs.parse(row.closedAt),
        })),
        nextCursor: null,
      }),
    )
    app.post(
      '/api/inbox-accounts',
      {
        config: { roles: MANAGES, replay: 'never' },
        schema: {
          tags,
          summary: 'A new account; its address and secret are shown once',
          body: z.strictObject({
            channel: Channel,
            title: z.string().trim().min(1).max(120),
            source: z.string().trim().min(1).max(120),
            /** What rules ask for: sale, driver, service. */
            form: z
              .string()
              .regex(/^[a-z_]{1,40}$/)
              .default('sale'),
            /** Our own e-mail address: answers go out from it; of channel avito the user id at Avito. */
            address: z
              .union([z.email(), z.string().regex(/^\d{3,20}$/)])
              .nullable()
              .default(null),
            /** Where answers go that no channel of ours sends. */
            replyUrl: z
              .url({ protocol: /^https?$/ })
              .max(500)
              .nullable()
              .default(null),
            signed: z.enum(['yes', 'no']).default('yes'),
            parkId: ParkId.nullable().default(null),
            roles: z.array(Role).max(14).default([]),
            /** Whose mailbox it is: what comes in is his. */
            assignTo: z.string().max(80).nullable().default(null),
          }),
          response: { 201: z.object({ id: z.uuid(), path: z.string(), secret: z.string().nullable() }) },
        },
      },
      async (request, reply) => {
        const { signed, assignTo, ...body } = request.body
        if (body.parkId !== null && !isInSight(callerOf(request).parks, body.parkId)) throw new Fault('park/unknown')
        const person = assignTo === null ? undefined : await deps.personOf(assignTo)
        if (assignTo !== null && person === undefined) throw new Fault('account/unknown')
        const token = secretOf(24)
        const secret = signed === 'yes' ? secretOf(32) : null
        const id = uuid()
        await accounts.add({
          ...body,
          id,
          token,
          secret,
          assignTo,
          assignName: person?.name ?? null,
          createdAt: clock.now(),
          createdBy: callerOf(request).name,
        })
        return reply.status(201).send({ id, path: `/in/inbox/${token}`, secret })
      },
    )
    app.delete(
      '/api/inbox-accounts/:id',
      {
        config: { roles: MANAGES },
        schema: { tags, summary: 'Close an account; its conversations stay', params: Id, response: { 204: z.null() } },
      },
      async (request, reply) => {
        const { id } = request.params
        const isSeen = (await seen(callerOf(request))).some((one) => one.id === id)
        if (!isSeen || !(await accounts.close(id, clock.now()))) throw new Fault('hook/unknown')
        return reply.status(204).send(null)
      },
    )
  }
}
