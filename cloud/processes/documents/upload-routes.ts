import multipart from '@fastify/multipart'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { World } from '../../world.ts'
import { PAGE_POLICY } from '../inbox/apply-page.ts'
import { MOST_BYTES, safeName, whyNotTaken } from './upload.ts'
import { uploadEnd, uploadPage } from './upload-page.ts'
import type { Upload, UploadStore } from './upload-store.ts'

type Deps = Pick<World, 'clock'> & {
  readonly uploads: Pick<UploadStore, 'find'>
  /** Puts the file into the card and tells the card; false when the link has been used meanwhile. */
  readonly take: (
    upload: Upload,
    file: { readonly name: string; readonly type: string; readonly bytes: Uint8Array },
  ) => Promise<boolean>
}
const HTML = 'text/html; charset=utf-8'
const TEN_MINUTES_MS = 600_000
const Token = z.strictObject({ token: z.string().regex(/^[\w-]{20,80}$/) })

/** The pages at /u/…: whoever has the link of a letter adds one file to its card, without a name and a password. */
export function createUploadRoutes({ clock, uploads, take }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(multipart, { limits: { fileSize: MOST_BYTES, files: 1, fields: 0 } })
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-store')
      reply.header('referrer-policy', 'no-referrer')
      return payload
    })
    const schema = { hide: true, params: Token }
    const rateLimit = { max: 20, timeWindow: TEN_MINUTES_MS }

    app.get('/u/:token', { config: { roles: 'public', rateLimit }, schema }, async (request, reply) => {
      const upload = await uploads.find(request.params.token, clock.now())
      if (upload === undefined) return reply.status(404).type(HTML).send(uploadEnd('gone'))
      return reply
        .type(HTML)
        .send(upload.isUsed ? uploadEnd('taken') : uploadPage(request.url, upload.title, undefined))
    })
    app.post(
      '/u/:token',
      { config: { roles: 'public', replay: 'never', rateLimit }, schema, bodyLimit: MOST_BYTES + 64 * 1024 },
      async (request, reply) => {
        const upload = await uploads.find(request.params.token, clock.now())
        if (upload === undefined) return reply.status(404).type(HTML).send(uploadEnd('gone'))
        if (upload.isUsed) return reply.type(HTML).send(uploadEnd('taken'))
        const again = (why: string) =>
          reply
            .status(400)
            .type(HTML)
            .send(uploadPage(request.url, upload.title, why))
        const part = request.isMultipart() ? await request.file() : undefined
        if (part === undefined || part.filename === '') return again('Выберите файл')
        const bytes = await part.toBuffer().catch(() => undefined)
        if (bytes === undefined) return again('Файл больше 12 МБ')
        const why = whyNotTaken(part.mimetype, bytes)
        if (why !== undefined) return again(why)
        await take(upload, { name: safeName(part.filename), type: part.mimetype, bytes: new Uint8Array(bytes) })
        return reply.type(HTML).send(uploadEnd('taken'))
      },
    )
  }
}
