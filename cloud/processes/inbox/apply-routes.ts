import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { World } from '../../world.ts'
import { APPLY_CSS, type Application, applyPage, type Language, sentPage, type Wrong } from './apply-page.ts'
import { e164, type Incoming, readIncoming } from './webhook.ts'

type Deps = Pick<World, 'clock' | 'uuid'> & {
  /** Keeps the event, once by its key, and sets off what it sets off. */
  readonly take: (incoming: Incoming) => Promise<void>
}

const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
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
export function createApplyRoutes({ clock, uuid, take }: Deps): FastifyPluginAsyncZod {
  const page = { config: { roles: 'public' as const }, schema: { hide: true } }
  return async (app) => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16 * 1024 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', POLICY).header('cache-control', 'no-store')
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
      },
      async (request, reply) => {
        const { a, lang, consent, website, ...given } = Given.parse(request.body ?? {})
        const application = { ...given, id: given.id ?? uuid(), agent: a }
        const wrong = wrongIn(application, consent)
        if (wrong.length > 0)
          return reply
            .status(400)
            .type(HTML)
            .send(applyPage(lang, application, wrong))
        const read = website === '' ? readIncoming('form', formOf(application, clock.now()), clock.now()) : undefined
        if (read?.kind === 'read') await take(read.incoming)
        return reply.redirect(sentUrl(lang), 303)
      },
    )
  }
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
