import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CommissioningStep, MOST_PHOTO_BYTES, SheetPhoto } from '#contract/commissioning.ts'
import { DocumentHash } from '#contract/configuration.ts'
import { GatewayId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { SheetService, ShownSheet } from './sheet-service.ts'

const tags = ['gateways']
/** Whoever knows from a photo where a relay sits can go round it: nobody sees it who need not. */
const SEES: RouteRoles = ['owner', 'head', 'security', 'service', 'mechanic', 'technician', 'auditor']
const params = z.strictObject({ id: GatewayId })
const photoParams = z.strictObject({ id: GatewayId, sha256: DocumentHash })

const SheetView = z
  .strictObject({
    at: Instant,
    by: z.string(),
    note: z.string(),
    vehicle: z.strictObject({ vin: z.string().nullable(), plate: z.string().nullable() }),
    software: z.string(),
    configuration: z.int(),
    steps: z.array(
      z.strictObject({
        step: CommissioningStep,
        outcome: z.enum(['passed', 'accepted', 'failed']),
        at: Instant,
        facts: z.array(z.string()),
        note: z.string().nullable(),
      }),
    ),
    photos: z.array(z.strictObject({ ...SheetPhoto.shape, kept: z.boolean() })),
  })
  .meta({ id: 'CommissioningSheet' })

const viewOf = ({
  at,
  by,
  note,
  vehicle,
  software,
  configuration,
  results,
  photos,
}: ShownSheet): z.infer<typeof SheetView> => ({
  at,
  by,
  note,
  vehicle: { vin: vehicle?.vin ?? null, plate: vehicle?.plate ?? null },
  software,
  configuration: configuration.version,
  steps: results.map((result) => ({
    step: result.step,
    outcome: result.outcome,
    at: result.at,
    facts: result.facts,
    note: result.note ?? null,
  })),
  photos: [...photos],
})

/** What was found and photographed when a gateway was put into its car. */
export function createSheetRoutes(sheets: SheetService): FastifyPluginAsyncZod {
  return async (app) => {
    app.addContentTypeParser(
      ['image/jpeg', 'image/png'],
      { parseAs: 'buffer', bodyLimit: MOST_PHOTO_BYTES },
      (_request, body, done) => done(null, body),
    )
    app.get(
      '/api/gateways/:id/commissioning',
      {
        config: { roles: SEES },
        schema: {
          tags,
          summary: 'The newest commissioning sheet that this gateway has signed; null before it came here',
          params,
          response: { 200: z.strictObject({ sheet: SheetView.nullable() }) },
        },
      },
      async (request) => {
        const sheet = await sheets.newest(request.params.id)
        return { sheet: sheet === undefined ? null : viewOf(sheet) }
      },
    )
    app.put(
      '/api/gateways/:id/commissioning/photos/:sha256',
      {
        config: { roles: ['owner', 'head', 'technician'], replay: 'never' },
        bodyLimit: MOST_PHOTO_BYTES,
        schema: {
          tags,
          summary:
            'A photo of the newest sheet, image/jpeg or image/png; refused by name unless the sheet was signed with it',
          params: photoParams,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { id: gateway, sha256 } = request.params
        const bytes: unknown = request.body
        if (!(bytes instanceof Uint8Array))
          throw new Fault('sheet/photo-refused', 'A photo comes as image/jpeg or image/png')
        const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? ''
        await sheets.keepPhoto({ gateway, sha256, type, bytes, by: callerOf(request).login })
        return reply.code(204).send(null)
      },
    )
    app.get(
      '/api/gateways/:id/commissioning/photos/:sha256',
      {
        config: { roles: SEES },
        schema: { tags, summary: 'The photo itself, its digest looked at again', params: photoParams },
      },
      async (request, reply) => {
        const { type, bytes } = await sheets.photo(request.params.id, request.params.sha256)
        return reply
          .header('content-type', type)
          .header('content-disposition', 'inline')
          .header('cache-control', 'private, no-store')
          .send(Buffer.from(bytes))
      },
    )
  }
}
