import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { World } from '../../world.ts'
import type { FileStore } from '../documents/file-store.ts'
import { MOST_BYTES, safeName, whyNotTaken } from '../documents/upload.ts'
import {
  APPLY_CSS,
  type Application,
  applyPage,
  type Language,
  PAGE_POLICY,
  PAPERS,
  type PaperName,
  sentPage,
  type Wrong,
} from './apply-page.ts'
import { e164, type Incoming, readIncoming } from './webhook.ts'

type Deps = Pick<World, 'clock' | 'uuid'> & {
  /** Keeps the event, once by its key, and sets off what it sets off. */
  readonly take: (incoming: Incoming) => Promise<void>
  readonly files: Pick<FileStore, 'add' | 'waitingFor'>
}
type Paper = { readonly paper: PaperName; readonly name: string; readonly type: string; readonly bytes: Uint8Array }

/** Of one number, until its card is there: more is no application. */
const MOST_WAITING = 8
const TEN_MINUTES_MS = 600_000
const HTML = 'text/html; charset=utf-8'
const line = (most: number) => z.string().trim().max(most).catch('')
const Given = z.object({
  id: z.uuid().optional().catch(undefined),
  name: line(120),
  phone: line(30),
  city: line(80),
  a: line(60),
  lang: z.enum(['ru', 'en']).catch('ru'),
  consent: z.literal('yes').optional().catch(undefined),
  /** No person sees this field: whoever fills it in is a program. */
  website: line(200),
})
const Asked = z.object({ a: line(60), lang: z.enum(['ru', 'en']).catch('ru') })

/** The application form of drivers at /apply: public, two pages of plain HTML, the same event as a form of a site. */
export function createApplyRoutes({ clock, uuid, take, files }: Deps): FastifyPluginAsyncZod {
  const page = { config: { roles: 'public' as const }, schema: { hide: true } }
  /** Before the application itself: whoever loses the connection now sends both again, and each is kept once. */
  const keep = async (id: string, phone: string, papers: readonly Paper[]): Promise<void> => {
    let waiting = papers.length === 0 ? 0 : await files.waitingFor(phone)
    for (const { paper, ...file } of papers) {
      if (waiting >= MOST_WAITING) return
      waiting += 1
      const known = { card: undefined, document: `driver.${paper}`, by: 'Анкета', at: clock.now() }
      await files.add({ ...file, ...known, id: uuid(), clientKey: `apply ${id} ${paper}`, waitsFor: phone })
    }
  }
  return async (app) => {
    await app.register(multipart, { limits: { fileSize: MOST_BYTES, files: PAPERS.length, fields: 20 } })
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16 * 1024 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-store')
      return payload
    })
    app.get('/apply/page.css', page, (_request, reply) => reply.type('text/css; charset=utf-8').send(APPLY_CSS))
    app.get('/apply', page, (request, reply) => {
      const { a, lang } = Asked.parse(request.query)
      return reply.type(HTML).send(applyPage(lang, blank(uuid(), a), []))
    })
    app.get('/apply/sent', page, (request, reply) => reply.type(HTML).send(sentPage(Asked.parse(request.query).lang)))
    app.post(
      '/apply',
      {
        // Ten from one address in ten minutes: a household or an office, not a flood. In place of the limit of the house.
        config: { roles: 'public', replay: 'never', rateLimit: { max: 10, timeWindow: TEN_MINUTES_MS } },
        schema: { hide: true },
        bodyLimit: PAPERS.length * MOST_BYTES + 64 * 1024,
      },
      async (request, reply) => {
        const { body, papers } = await sentBy(request)
        const { a, lang, consent, website, ...given } = Given.parse(body ?? {})
        const application = { ...given, id: given.id ?? uuid(), agent: a }
        const wrong = [...wrongIn(application, consent), ...(papers === 'refused' ? ['files' as const] : [])]
        if (wrong.length > 0)
          return reply
            .status(400)
            .type(HTML)
            .send(applyPage(lang, application, wrong))
        const read = website === '' ? readIncoming('form', formOf(application, clock.now()), clock.now()) : undefined
        if (read?.kind === 'read') {
          await keep(application.id, e164(application.phone) ?? '', papers === 'refused' ? [] : papers)
          await take(read.incoming)
        }
        return reply.redirect(sentUrl(lang), 303)
      },
    )
  }
}

/** What a browser has sent: with files as multipart, without a form of its own as any program does. */
async function sentBy(request: FastifyRequest): Promise<{ body: unknown; papers: readonly Paper[] | 'refused' }> {
  if (!request.isMultipart()) return { body: request.body, papers: [] }
  const body: Record<string, unknown> = {}
  const papers: Paper[] = []
  let isRefused = false
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      body[part.fieldname] = part.value
      continue
    }
    // Read to its end whatever it is: the parts after it come no sooner.
    const bytes = await part.toBuffer().catch(() => undefined)
    const paper = PAPERS.find((name) => name === part.fieldname)
    if (part.filename === '' || bytes?.length === 0 || paper === undefined) continue
    if (bytes === undefined || whyNotTaken(part.mimetype, bytes) !== undefined) isRefused = true
    else papers.push({ paper, name: safeName(part.filename), type: part.mimetype, bytes: new Uint8Array(bytes) })
  }
  return { body, papers: isRefused ? 'refused' : papers }
}

const sentUrl = (language: Language): string => (language === 'en' ? '/apply/sent?lang=en' : '/apply/sent')
const blank = (id: string, agent: string): Application => ({ id, name: '', phone: '', city: '', agent })

function wrongIn({ name, phone }: Application, consent: 'yes' | undefined): readonly Wrong[] {
  return [
    ...(name.length < 2 ? ['name' as const] : []),
    ...(e164(phone) === undefined ? ['phone' as const] : []),
    ...(consent === undefined ? ['consent' as const] : []),
  ]
}

const formOf = ({ id, name, phone, city, agent }: Application, now: number) => ({
  id: `apply ${id}`,
  form: 'driver',
  source: 'Анкета',
  phone,
  name,
  consent: now,
  ...(city === '' ? {} : { city }),
  ...(agent === '' ? {} : { a: agent }),
})
