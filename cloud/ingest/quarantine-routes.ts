import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { GatewayId, StreamId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import type { QuarantineService } from './quarantine-service.ts'
import type { Alike, Quarantined } from './quarantine-sql.ts'

const tags = ['quarantine']
const READS: RouteRoles = ['owner', 'head', 'technician', 'auditor']
const CHANGES: RouteRoles = ['owner', 'head', 'technician']
const Which = z.strictObject({
  scope: z
    .enum(['one', 'alike'])
    .default('one')
    .meta({ description: 'alike: and all others of the same gateway with the same reason' }),
})
const Where = z.strictObject({ quarantineId: z.coerce.number().int().min(1) })

const Item = z
  .strictObject({
    id: z.int(),
    gatewayId: GatewayId,
    stream: StreamId.nullable(),
    seq: z.int().nullable().meta({ description: 'of the record, or of the first one of a message kept whole' }),
    receivedAt: Instant,
    reason: z.string(),
    size: z.int().meta({ description: 'bytes' }),
    alike: z
      .strictObject({ count: z.int(), firstAt: Instant, lastAt: Instant })
      .meta({ description: 'the same reason from the same gateway, as far as it is kept' }),
  })
  .meta({ id: 'Quarantined' })
const Whole = Item.extend({
  text: z.string().nullable().meta({ description: 'the bytes, where they are UTF-8' }),
  hex: z.string(),
})
const instance = z.string().meta({ description: 'the cloud instance whose journal this is; each has its own' })

type Shown = Quarantined & { readonly alike: Alike }
const itemOf = ({ id, gateway, stream, seq, receivedAt, reason, size, alike }: Shown): z.output<typeof Item> => ({
  ...{ id, gatewayId: gateway, stream, seq, receivedAt, reason, size, alike },
})

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** What gateways sent and nobody could read. Paths begin with `/api`. */
export function createQuarantineRoutes(service: QuarantineService, name: string): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/quarantine',
      {
        config: { roles: READS, looksAt: 'nothing' },
        schema: {
          tags,
          summary: 'Refused records and messages of this instance, newest first',
          querystring: z.strictObject({
            gateway: GatewayId.optional(),
            reason: z.string().max(500).optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
            cursor: z.coerce.number().int().min(1).optional().meta({ description: 'nextCursor of the page before' }),
          }),
          response: { 200: z.strictObject({ instance, items: z.array(Item), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { gateway, reason, limit, cursor: before } = request.query
        const found = await service.list(callerOf(request).parks, { gateway, reason, before, limit: limit + 1 })
        const page = found.slice(0, limit)
        const nextCursor = found.length > limit ? String(page.at(-1)?.id) : null
        return { instance: name, items: page.map(itemOf), nextCursor }
      },
    )
    app.get(
      '/api/quarantine/:quarantineId',
      {
        config: { roles: READS, looksAt: 'location' },
        schema: {
          tags,
          summary: 'One of them with its bytes',
          params: Where,
          response: { 200: Whole.extend({ instance }) },
        },
      },
      async (request) => {
        const found = await service.find(callerOf(request).parks, request.params.quarantineId)
        const { bytes } = found
        return { instance: name, ...itemOf(found), text: textOf(bytes), hex: Buffer.from(bytes).toString('hex') }
      },
    )
    app.post(
      '/api/quarantine/:quarantineId/retry',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Read it as this version understands it, and store what fits',
          params: Where,
          querystring: Which,
          response: { 200: z.strictObject({ stored: z.int() }) },
        },
      },
      async (request) => {
        const { params, query } = request
        return { stored: await service.retry(callerOf(request).parks, params.quarantineId, query.scope) }
      },
    )
    app.delete(
      '/api/quarantine/:quarantineId',
      {
        config: { roles: CHANGES },
        schema: { tags, summary: 'Throw it away', params: Where, querystring: Which, response: { 204: z.null() } },
      },
      async (request, reply) => {
        await service.remove(callerOf(request).parks, request.params.quarantineId, request.query.scope)
        return reply.code(204).send(null)
      },
    )
  }
}
