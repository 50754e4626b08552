import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ConfigurationWish, DocumentHash } from '#contract/configuration.ts'
import { GatewayId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import type { ConfigurationRow } from '../postgres/configuration-tables.ts'
import type { ConfigurationService, ConfigurationView } from './configuration-service.ts'

const tags = ['gateways']
const PROVISION: RouteRoles = ['owner', 'head', 'technician']
const params = z.strictObject({ id: GatewayId })
/** Versions are 32-bit whole numbers in the table. */
const ABOVE_ALL = 2 ** 31 - 1
const Document = z.record(z.string(), z.json())

const Wanted = z
  .strictObject({
    version: z.int(),
    hash: z.string(),
    document: Document,
    note: z.string(),
    by: z.string(),
    at: Instant,
  })
  .meta({ id: 'WantedConfiguration' })

const View = z
  .strictObject({
    /** Only `applied` says that the gateway works with what is wanted. */
    standing: z.enum(['none', 'pending', 'waiting', 'applied', 'refused', 'rolled-back', 'local-override']),
    desired: Wanted.nullable(),
    reported: z
      .strictObject({
        outcome: z.enum(['waiting', 'applied', 'refused', 'rolled-back', 'local-override']),
        version: z.int(),
        hash: z.string(),
        errors: z.array(z.string()),
        waitingFor: z.string().nullable(),
        applied: z.strictObject({ version: z.int(), hash: z.string(), source: z.enum(['cloud', 'local']) }),
        /** The technician's document, where one is in force. */
        document: Document.nullable(),
        overrideHash: z.string().nullable(),
        at: Instant,
      })
      .nullable(),
  })
  .meta({ id: 'GatewayConfiguration' })

const wantedOf = (row: ConfigurationRow): z.infer<typeof Wanted> => ({
  version: row.version,
  hash: row.hash,
  document: Document.parse(row.document),
  note: row.note,
  by: row.byName,
  at: row.createdAt,
})

const viewOf = ({ standing, desired, reported }: ConfigurationView): z.infer<typeof View> => ({
  standing,
  desired: desired === undefined ? null : wantedOf(desired),
  reported:
    reported === undefined
      ? null
      : {
          outcome: reported.outcome,
          version: reported.version,
          hash: reported.hash,
          errors: [...reported.errors],
          waitingFor: reported.waitingFor,
          applied: { version: reported.appliedVersion, hash: reported.appliedHash, source: reported.appliedSource },
          document: reported.document === null ? null : Document.parse(reported.document),
          overrideHash: reported.overrideHash,
          at: reported.at,
        },
})

/** What is wanted of a gateway, and what it says it does. */
export function createConfigurationRoutes(configurations: ConfigurationService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/gateways/:id/configuration',
      {
        config: { roles: PROVISION },
        schema: {
          tags,
          summary: 'Configuration: wanted, and reported by the gateway',
          params,
          response: { 200: View },
        },
      },
      async (request) => viewOf(await configurations.view(request.params.id)),
    )
    app.get(
      '/api/gateways/:id/configuration/versions',
      {
        config: { roles: PROVISION },
        schema: {
          tags,
          summary: 'What was wanted of a gateway, newest first: what to go back to',
          params,
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(100).default(20),
            cursor: z.coerce.number().int().min(1).optional().meta({ description: 'nextCursor of the page before' }),
          }),
          response: { 200: z.strictObject({ items: z.array(Wanted), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query
        const found = await configurations.versions(request.params.id, cursor ?? ABOVE_ALL, limit + 1)
        const items = found.slice(0, limit).map(wantedOf)
        return { items, nextCursor: found.length > limit ? String(items.at(-1)?.version) : null }
      },
    )
    app.put(
      '/api/gateways/:id/configuration',
      {
        config: { roles: PROVISION },
        schema: {
          tags,
          summary: 'A next version, signed and delivered; the gateway applies it when it is safe, or says why not',
          params,
          body: z.strictObject({
            document: ConfigurationWish,
            /** The wanted version you saw; null when there was none. Another one since then is a conflict. */
            baseVersion: z.int().nullable(),
            /** Hash of the technician's document at the vehicle that this one takes the place of. */
            reconciles: DocumentHash.nullable().default(null),
            note: z.string().trim().max(500).default(''),
          }),
          response: { 200: View },
        },
      },
      async (request) => {
        const { document, baseVersion, reconciles, note } = request.body
        const by = callerOf(request).login
        return viewOf(
          await configurations.ask({ gateway: request.params.id, document, base: baseVersion, reconciles, note, by }),
        )
      },
    )
  }
}
