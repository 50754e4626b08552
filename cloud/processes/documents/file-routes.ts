import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { World } from '../../world.ts'
import type { DeskService } from '../desk/desk-service.ts'
import type { FileStore } from './file-store.ts'
import { MOST_BYTES, safeName, whyNotTaken } from './upload.ts'

const tags = ['documents']
const config = { roles: EVERY_ROLE }
const Id = z.strictObject({ id: z.uuid() })
const FileItem = z.object({
  id: z.uuid(),
  document: z.string().nullable(),
  name: z.string(),
  type: z.string(),
  size: z.int(),
  addedAt: Instant,
  addedBy: z.string(),
})

type Deps = Pick<World, 'clock' | 'uuid'> & {
  readonly desk: Pick<DeskService, 'card' | 'mayWrite' | 'tasks' | 'filesInSight'>
  readonly files: FileStore
}

/** Files of a card: for whoever may see the card and the fields they tell of; nothing is served from a public folder. */
export function createFileRoutes({ clock, uuid, desk, files }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(multipart, { limits: { fileSize: MOST_BYTES, files: 1, fields: 5 } })

    app.get(
      '/api/cards/:id/documents',
      {
        config,
        schema: {
          tags,
          summary: 'Documents and photos of a card',
          params: Id,
          response: { 200: z.object({ items: z.array(FileItem), nextCursor: z.null() }) },
        },
      },
      async (request) => {
        const { id } = request.params
        const rows = await desk.filesInSight(callerOf(request), id, await files.of(id))
        return {
          items: rows.map(({ card: _card, sha256: _sha256, ...row }) => ({
            ...row,
            addedAt: EpochMs.parse(row.addedAt),
          })),
          nextCursor: null,
        }
      },
    )

    app.post(
      '/api/cards/:id/documents',
      {
        config: { ...config, replay: 'never' },
        bodyLimit: MOST_BYTES + 64 * 1024,
        schema: {
          tags,
          summary: 'Add one file as multipart/form-data; the same X-Client-Key again answers the same file',
          params: Id,
          response: { 201: z.object({ id: z.uuid() }) },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        // Whoever has work to do on a card may add to it, wherever it stands.
        const own = await desk.tasks(caller, { whose: 'mine', card: request.params.id, limit: 1 })
        await desk.mayWrite(caller, request.params.id, {}, own.length > 0 ? 'task' : 'card')
        await desk.card(caller, request.params.id)
        const part = await request.file()
        if (part === undefined) throw new Fault('file/refused', 'В запросе нет файла')
        const bytes = new Uint8Array(await part.toBuffer())
        const why = whyNotTaken(part.mimetype, bytes)
        if (why !== undefined) throw new Fault('file/refused', why)
        const header = request.headers['x-client-key']
        const clientKey = typeof header === 'string' && /^[\x21-\x7e]{8,80}$/.test(header) ? header : undefined
        const id = await files.add({
          id: uuid(),
          card: request.params.id,
          document: undefined,
          name: safeName(part.filename),
          type: part.mimetype,
          bytes,
          by: caller.name,
          at: clock.now(),
          clientKey,
        })
        return reply.status(201).send({ id })
      },
    )

    app.get(
      '/api/documents/:id',
      { config: { ...config, looksAt: 'personal' }, schema: { tags, summary: 'The file itself', params: Id } },
      async (request, reply) => {
        const file = await files.find(request.params.id)
        if (file === undefined || file.card === null) throw new Fault('file/unknown')
        const inSight = await desk.filesInSight(callerOf(request), file.card, [file]).catch((cause: unknown) => {
          throw cause instanceof Fault ? new Fault('file/unknown') : cause
        })
        if (inSight.length === 0) throw new Fault('file/unknown')
        return reply
          .header('content-type', file.type)
          .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
          .header('cache-control', 'private, no-store')
          .send(Buffer.from(file.bytes))
      },
    )
  }
}
