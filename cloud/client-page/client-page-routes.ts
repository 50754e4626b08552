import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { PAGE_POLICY } from '../processes/inbox/apply-page.ts'
import { clientGone, clientPage, type Note, type PageLanguage } from './client-page.ts'
import type { ClientPageService } from './client-page-service.ts'

const GIVES: RouteRoles = ['owner', 'head', 'manager', 'support', 'service', 'dispatcher']
const HTML = 'text/html; charset=utf-8'
const MINUTE_MS = 60_000
const Token = z.string().regex(/^[\w-]{20,80}$/)
const Language = z.enum(['ru', 'en']).catch('ru')
const NOTES = ['asked', 'agreed', 'other-sum', 'empty'] as const
const Asked = z.object({ lang: Language, done: z.enum(NOTES).optional().catch(undefined) })
const Id = z.strictObject({ id: z.uuid() })

type Deps = {
  readonly page: ClientPageService
  /** Words of the files in English, where there are any. */
  readonly inEnglish: (words: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

/** The pages at /c/…: a client of the car service with his personal link; and how people give and close such links. */
export function createClientPageRoutes({ page, inEnglish }: Deps): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/api/cards/:id/client-link',
      {
        config: { roles: GIVES, replay: 'never' },
        schema: {
          tags: ['cards'],
          summary: 'A personal address at which the client of the card sees his own orders, for half a year',
          params: Id,
          response: { 201: z.object({ url: z.string() }) },
        },
      },
      async (request, reply) =>
        reply.status(201).send({ url: await page.linkOfCard(callerOf(request), request.params.id) }),
    )
    app.delete(
      '/api/cards/:id/client-link',
      {
        config: { roles: GIVES },
        schema: {
          tags: ['cards'],
          summary: 'Close every personal address of the client of the card',
          params: Id,
          response: { 200: z.object({ closed: z.int() }) },
        },
      },
      async (request) => ({ closed: await page.closeOfCard(callerOf(request), request.params.id) }),
    )

    const pages: FastifyPluginAsyncZod = async (own) => {
      own.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      )
      own.addHook('onSend', async (_request, reply, payload) => {
        reply.header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-store')
        reply.header('referrer-policy', 'no-referrer')
        return payload
      })
      const looking = { roles: 'public', rateLimit: { max: 60, timeWindow: MINUTE_MS } } as const
      const writing = { roles: 'public', replay: 'never', rateLimit: { max: 10, timeWindow: 10 * MINUTE_MS } } as const
      const Own = z.strictObject({ token: Token })
      const OwnOrder = Own.extend({ order: z.uuid() })
      /** An address that is none any more has a page of its own, in the language asked. */
      const orGone = async (
        reply: { status(code: number): { type(type: string): { send(body: string): unknown } } },
        language: PageLanguage,
        work: () => Promise<unknown>,
      ): Promise<unknown> => {
        try {
          return await work()
        } catch (cause) {
          if (!(cause instanceof Fault) || cause.code !== 'client-page/gone') throw cause
          return reply.status(404).type(HTML).send(clientGone(language))
        }
      }
      const back = (token: string, language: PageLanguage, done: Note): string =>
        `/c/${token}?done=${done}${language === 'en' ? '&lang=en' : ''}`

      own.get('/c/:token', { config: looking, schema: { hide: true, params: Own } }, async (request, reply) => {
        const { lang, done } = Asked.parse(request.query)
        const { token } = request.params
        return orGone(reply, lang, async () => {
          const state = await page.state(token)
          const words = state.orders.flatMap(({ stage, documents }) => [stage, ...documents.map(({ title }) => title)])
          const english = lang === 'en' ? await inEnglish(words) : new Map<string, string>()
          return reply.type(HTML).send(clientPage(lang, `/c/${token}`, state, (one) => english.get(one) ?? one, done))
        })
      })
      own.get(
        '/c/:token/documents/:id',
        { config: looking, schema: { hide: true, params: Own.extend({ id: z.uuid() }) } },
        async (request, reply) =>
          orGone(reply, 'ru', async () => {
            const { name, bytes } = await page.document(request.params.token, request.params.id)
            return reply
              .type('application/pdf')
              .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
              .send(Buffer.from(bytes))
          }),
      )
      own.post(
        '/c/:token/orders/:order/questions',
        { config: writing, schema: { hide: true, params: OwnOrder }, bodyLimit: 32 * 1024 },
        async (request, reply) => {
          const { token, order } = request.params
          const body = z.object({ lang: Language, text: z.string().trim() }).safeParse(request.body)
          const lang = body.data?.lang ?? 'ru'
          const text = body.data?.text ?? ''
          if (text.length < 3 || text.length > 2000) return reply.redirect(back(token, lang, 'empty'), 303)
          return orGone(reply, lang, async () => {
            await page.ask(token, order, text)
            return reply.redirect(back(token, lang, 'asked'), 303)
          })
        },
      )
      own.post(
        '/c/:token/orders/:order/agreement',
        { config: writing, schema: { hide: true, params: OwnOrder }, bodyLimit: 4 * 1024 },
        async (request, reply) => {
          const { token, order } = request.params
          const body = z.object({ lang: Language, kopecks: z.coerce.number().int() }).safeParse(request.body)
          const lang = body.data?.lang ?? 'ru'
          return orGone(reply, lang, async () => {
            try {
              await page.agree(token, order, body.data?.kopecks ?? -1)
            } catch (cause) {
              if (!(cause instanceof Fault) || cause.code !== 'client-page/other-sum') throw cause
              return reply.redirect(back(token, lang, 'other-sum'), 303)
            }
            return reply.redirect(back(token, lang, 'agreed'), 303)
          })
        },
      )
    }
    await app.register(pages)
  }
}
