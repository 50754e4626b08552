import Fastify from 'fastify'
import { z } from 'zod'

export type FakeAvito = {
  readonly url: string
  fate: 'ok' | '429' | '500' | 'expired'
  /** What somebody has written, and what we have sent. */
  readonly chats: Map<string, { name: string; item: string; messages: Record<string, unknown>[] }>
  readonly sent: { readonly chat: string; readonly text: string }[]
  tokens: number
  close(): Promise<void>
}
const SECRET = 'avito-secret'
const Form = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.literal('avito-client'),
  client_secret: z.literal(SECRET),
})
const Sent = z.strictObject({ message: z.strictObject({ text: z.string().max(1000) }), type: z.literal('text') })

/** The messenger of Avito as its published description has it, for user 94235311, on one free port. */
export async function startFakeAvito(): Promise<FakeAvito> {
  const app = Fastify()
  const fake: FakeAvito = {
    url: '',
    fate: 'ok',
    chats: new Map(),
    sent: [],
    tokens: 0,
    close: () => app.close(),
  }
  app.addContentTypeParser(/^application\/x-www-form-urlencoded/, { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.post('/token', async (request) => {
    Form.parse(request.body)
    fake.tokens += 1
    return { access_token: `token-${fake.tokens}`, expires_in: 86_400, token_type: 'Bearer' }
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/token')) return undefined
    if (fake.fate === '429') return reply.code(429).send({ error: { code: 429, message: 'Too many' } })
    if (fake.fate === '500') return reply.code(500).send({ error: { code: 500, message: 'Service' } })
    if (fake.fate === 'expired') {
      fake.fate = 'ok'
      return reply.code(401).send({ error: { code: 401, message: 'Unauthorized' } })
    }
    if (request.headers.authorization !== `Bearer token-${fake.tokens}`)
      return reply.code(401).send({ error: { code: 401, message: 'Unauthorized' } })
    return undefined
  })
  const of = '/accounts/94235311/chats'
  app.get(`/messenger/v2${of}`, async () => ({
    chats: [...fake.chats].map(([id, { name, item, messages }]) => ({
      id,
      created: 1,
      updated: Math.max(0, ...messages.map(({ created }) => Number(created))),
      users: [
        { id: 94235311, name: 'Дилер' },
        { id: 7, name },
      ],
      context: { type: 'item', value: { id: 1768287444, title: item } },
    })),
  }))
  app.get<{ Params: { chat: string } }>(`/messenger/v3${of}/:chat/messages/`, async ({ params }) => ({
    messages: (fake.chats.get(params.chat)?.messages ?? []).toReversed(),
  }))
  app.post<{ Params: { chat: string } }>(`/messenger/v1${of}/:chat/messages`, async ({ params, body }) => {
    const { message } = Sent.parse(body)
    fake.sent.push({ chat: params.chat, text: message.text })
    return { id: `out-${fake.sent.length}`, created: 1, direction: 'out', type: 'text', content: message }
  })
  Object.assign(fake, { url: await app.listen({ host: '127.0.0.1', port: 0 }) })
  return fake
}
