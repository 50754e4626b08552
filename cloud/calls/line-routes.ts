import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { e164 } from '../processes/inbox/webhook.ts'
import type { World } from '../world.ts'
import type { CallService } from './call-service.ts'
import type { LineStore } from './line-store.ts'
import type { RequestStore } from './request-store.ts'

const MANAGES: RouteRoles = ['owner', 'head']
const tags = ['calls']
const Line = z
  .strictObject({
    id: z.uuid(),
    number: z.string(),
    source: z.string(),
    validFrom: Instant,
    validTo: Instant.nullable(),
    createdBy: z.string(),
  })
  .meta({ id: 'PhoneLine' })
const PhoneNumber = z
  .string()
  .max(40)
  .transform((written) => e164(written))
  .refine((number): number is string => number !== undefined, { error: 'not a phone number' })
const Recipient = z.string().regex(/^(role|group|person):[\w-]{1,80}$/)
const Id = z.strictObject({ id: z.uuid() })

type Deps = Pick<World, 'clock' | 'uuid'> & {
  readonly lines: LineStore
  readonly requests: RequestStore
  readonly calls: Pick<CallService, 'isConnected'>
}

/** Which number tells of which source and when; whom a transfer reaches; what the exchange was asked. */
export function createLineRoutes({ lines, requests, calls, clock, uuid }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/phone-lines',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Numbers and the sources they tell of, with the days they do',
          response: { 200: z.object({ items: z.array(Line), nextCursor: z.null() }) },
        },
      },
      async () => ({
        items: (await lines.lines()).map(({ createdAt: _createdAt, ...row }) => ({
          ...row,
          validFrom: EpochMs.parse(row.validFrom),
          validTo: row.validTo === null ? null : EpochMs.parse(row.validTo),
        })),
        nextCursor: null,
      }),
    )
    app.post(
      '/api/phone-lines',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'A number tells of a source from a moment on; one source at a time',
          body: z.strictObject({
            number: PhoneNumber,
            source: z.string().trim().min(1).max(120),
            validFrom: Instant.optional(),
            validTo: Instant.nullable().default(null),
          }),
          response: { 201: z.object({ id: z.uuid() }) },
        },
      },
      async (request, reply) => {
        const { number, source, validFrom = clock.now(), validTo } = request.body
        if (validTo !== null && validTo <= validFrom) throw new Fault('request/invalid', 'validTo: not after validFrom')
        const id = uuid()
        const by = callerOf(request).name
        if (!(await lines.add({ id, number, source, validFrom, validTo, by, at: clock.now() })))
          throw new Fault('call/line-taken')
        return reply.status(201).send({ id })
      },
    )
    app.post(
      '/api/phone-lines/:id/end',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'The number tells of this source no longer; calls that were keep it',
          params: Id,
          body: z.strictObject({ validTo: Instant.optional() }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        if (!(await lines.end(request.params.id, request.body.validTo ?? clock.now())))
          throw new Fault('call/unknown-line')
        return reply.status(204).send(null)
      },
    )

    app.get(
      '/api/phone-extensions',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Whom a transfer reaches, and where; whether an exchange is connected at all',
          response: {
            200: z.object({
              exchange: z.enum(['connected', 'none']),
              items: z.array(z.object({ recipient: z.string(), extension: z.string() })),
            }),
          },
        },
      },
      async () => ({
        exchange: calls.isConnected ? ('connected' as const) : ('none' as const),
        items: (await lines.extensions()).map(({ recipient, extension }) => ({ recipient, extension })),
      }),
    )
    app.put(
      '/api/phone-extensions/:recipient',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'Where calls to a role, a group or a person go',
          params: z.strictObject({ recipient: Recipient }),
          body: z.strictObject({ extension: z.string().regex(/^\+?\d{1,15}$/) }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        await lines.putExtension(request.params.recipient, request.body.extension, callerOf(request).name, clock.now())
        return reply.status(204).send(null)
      },
    )
    app.delete(
      '/api/phone-extensions/:recipient',
      {
        config: { roles: MANAGES },
        schema: {
          tags,
          summary: 'Nothing is transferred there any more',
          params: z.strictObject({ recipient: Recipient }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        if (!(await lines.dropExtension(request.params.recipient))) throw new Fault('call/no-extension')
        return reply.status(204).send(null)
      },
    )
    app.get(
      '/api/call-requests',
      {
        config: { roles: ['owner', 'head', 'support', 'dispatcher', 'auditor'] },
        schema: {
          tags,
          summary: 'What the exchange was asked to do lately, and whether it took it',
          response: {
            200: z.object({
              items: z.array(
                z.object({
                  key: z.string(),
                  kind: z.string(),
                  state: z.string(),
                  card: z.string().nullable(),
                  askedAt: Instant,
                  askedBy: z.string(),
                  attempts: z.number(),
                  problem: z.string().nullable(),
                }),
              ),
              nextCursor: z.null(),
            }),
          },
        },
      },
      async (request) => ({
        items: (await requests.newest(callerOf(request).parks, 200)).map(
          ({ key, kind, state, card, askedAt, askedBy, attempts, problem }) => ({
            key,
            kind,
            state,
            card,
            askedAt: EpochMs.parse(askedAt),
            askedBy,
            attempts,
            problem,
          }),
        ),
        nextCursor: null,
      }),
    )
  }
}
