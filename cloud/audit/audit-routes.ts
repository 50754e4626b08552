import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Rights } from '../http/guard-service.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { AuditService } from './audit-service.ts'
import { AUDIT_KINDS } from './entry.ts'

const tags = ['audit']
const MAY_READ: RouteRoles = ['owner', 'head', 'security', 'auditor']

const Checkpoint = z
  .strictObject({ size: z.int(), root: z.string(), at: z.string(), keyId: z.string(), signature: z.string() })
  .meta({ id: 'AuditCheckpoint', description: 'Ed25519 over "kordon-audit-v1\\n<size>\\n<root>\\n<at>\\n"' })
const Entry = z
  .strictObject({
    position: z.int(),
    at: Instant,
    kind: z.enum(AUDIT_KINDS),
    by: z.strictObject({
      kind: z.string(),
      id: z.string(),
      /** Of an account that is still there. */
      name: z.string().nullable(),
    }),
    /** Ids of vehicles, drivers, orders, accounts it concerns. */
    subjects: z.array(z.string()).readonly(),
    /** What ids in it are called now: people, plates, parks. */
    labels: z.record(z.string(), z.string()),
    /** A word that was forgotten is left as `{"#": commitment}`. */
    data: z.record(z.string(), z.json()),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
const Query = z.strictObject({
  kind: z.enum(AUDIT_KINDS).optional(),
  by: z.string().max(64).optional(),
  about: z.string().max(64).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(500).optional(),
})
const Checked = z
  .strictObject({
    finding: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('whole') }),
      z.strictObject({
        kind: z.enum(['missing', 'changed', 'checkpoint', 'head']),
        at: z.int().meta({ description: 'position of an entry, or the size of a checkpoint' }),
      }),
    ]),
    entries: z.int(),
    checkpoints: z.int(),
    newestAt: z.string().nullable(),
  })
  .meta({ id: 'AuditCheck' })
/** Free words that are a driver’s fields as well. */
const PERSONAL: ReadonlySet<string> = new Set(['phone', 'passport', 'address'])
const Place = z.strictObject({ before: z.int() })

/** What stands on record, and how to prove it. Only for who sees all parks: the record knows no parks. */
export function createAuditRoutes(audit: AuditService, fieldsOf: Rights['fieldsOf']): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', async (request) => {
      if (callerOf(request).parks !== 'all') throw new Fault('access/forbidden', 'the audit is of all parks together')
    })
    app.get(
      '/api/audit',
      {
        config: { roles: MAY_READ, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'What was decided, done, signed in to and looked at, newest first',
          querystring: Query,
          response: { 200: z.strictObject({ items: z.array(Entry), nextCursor: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { cursor, limit, ...query } = request.query
        const fields = await fieldsOf(callerOf(request))
        const found = await audit.list(
          { ...query, limit: limit + 1, before: placeFrom(Place, cursor)?.before },
          (word, value) => (PERSONAL.has(word) ? fields.shown('driver', word, value) : value),
        )
        const page = found.slice(0, limit)
        const last = found.length > limit ? page.at(-1) : undefined
        const items = page.map(({ entry: { position, at, kind, subjects, hash }, labels, data, by }) => ({
          position,
          at,
          kind,
          by,
          subjects,
          labels,
          data: z.record(z.string(), z.json()).parse(data),
          hash,
        }))
        return { items, nextCursor: last === undefined ? null : cursorFrom({ before: last.entry.position }) }
      },
    )
    app.get(
      '/api/audit/checkpoint',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'The signed root over everything on record, and the key that proves it',
          response: { 200: z.strictObject({ checkpoint: Checkpoint, publicKeyPem: z.string() }) },
        },
      },
      async () => audit.current(),
    )
    app.get(
      '/api/audit/check',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Every entry hashed again and held against the checkpoints kept outside the database',
          description:
            'The service looks at itself here; whoever does not trust it takes the export to "kordon audit verify".',
          response: { 200: Checked },
        },
      },
      async () => audit.check(),
    )
    app.get(
      '/api/audit/entries/:position/proof',
      {
        config: { roles: MAY_READ, looksAt: 'personal' },
        schema: {
          tags,
          summary: 'Proof that one entry is under the signed root (RFC 9162, 2.1.3)',
          params: z.strictObject({ position: z.coerce.number().int().min(0) }),
          response: {
            200: z.strictObject({
              leaf: z.string(),
              hash: z.string(),
              checkpoint: Checkpoint,
              proof: z.array(z.string()),
            }),
          },
        },
      },
      async (request) => audit.inclusion(request.params.position),
    )
    app.get(
      '/api/audit/consistency',
      {
        config: { roles: MAY_READ },
        schema: {
          tags,
          summary: 'Proof that nothing before an older checkpoint was changed (RFC 9162, 2.1.4)',
          querystring: z.strictObject({ from: z.coerce.number().int().min(1) }),
          response: { 200: z.strictObject({ from: z.int(), checkpoint: Checkpoint, proof: z.array(z.string()) }) },
        },
      },
      async (request) => audit.consistency(request.query.from),
    )
    app.get(
      '/api/audit/export',
      {
        config: { roles: ['owner', 'auditor'], looksAt: 'personal' },
        schema: { tags, summary: 'Everything as JSON lines, the signed checkpoint last; for "kordon audit verify"' },
      },
      async (_request, reply) =>
        reply
          .type('application/x-ndjson')
          .header('content-disposition', 'attachment; filename="kordon-audit.jsonl"')
          .send(Readable.from(audit.exported())),
    )
  }
}
