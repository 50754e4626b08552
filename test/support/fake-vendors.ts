import Fastify from 'fastify'
import { z } from 'zod'

export type Fate = 'ok' | '429' | '500' | 'refused' | 'silent'
export type FakeVendors = {
  readonly url: string
  /** What every vendor answers from now on. */
  fate: Fate
  /** What SMS Aero (1 delivered, 2 not) and SMSC (1 delivered, 20 not) say of every message. */
  status: number
  /** The driver's telephone and MAX dialog: what has been taken. */
  readonly taken: { readonly vendor: 'max' | 'smsaero' | 'smsc'; readonly to: string; readonly text: string }[]
  close(): Promise<void>
}

const AeroBody = z.strictObject({ number: z.string().regex(/^\d+$/), text: z.string(), sign: z.string() })
const SmscForm = z.object({ apikey: z.literal('smsc-key'), phones: z.string(), mes: z.string(), fmt: z.literal('3') })
const MaxBody = z.object({ text: z.string().max(4000) })

/** SMS Aero, SMSC and MAX as their documentation describes them, on one free port. */
export async function startFakeVendors(): Promise<FakeVendors> {
  const app = Fastify()
  const fake: { fate: Fate; status: number } = { fate: 'ok', status: 1 }
  const taken: FakeVendors['taken'] = []
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.addHook('onRequest', async (_request, reply) => {
    if (fake.fate === '429') return reply.code(429).header('retry-after', '30').send({})
    if (fake.fate === '500') return reply.code(500).send({})
    if (fake.fate === 'silent') return reply.hijack().raw.destroy()
    return undefined
  })
  app.post('/aero/sms/send', async (request, reply) => {
    const login = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
    if (login !== 'park@example.org:aero-key') return reply.code(401).send({ success: false, message: 'auth' })
    const body = AeroBody.parse(request.body)
    if (fake.fate === 'refused') return { success: false, data: null, message: 'Validation error.' }
    taken.push({ vendor: 'smsaero', to: body.number, text: body.text })
    return { success: true, data: { id: taken.length, number: body.number, text: body.text, status: 0 }, message: null }
  })
  app.post('/aero/sms/status', async () => ({ success: true, data: { id: 1, status: fake.status }, message: null }))
  app.post('/smsc/send.php', async (request) => {
    const { phones, mes } = SmscForm.parse(request.body)
    if (fake.fate === 'refused') return { error: 'invalid number', error_code: 7 }
    taken.push({ vendor: 'smsc', to: phones, text: mes })
    return { id: taken.length, cnt: 1 }
  })
  app.post('/smsc/status.php', async () => ({ status: fake.status, last_date: '' }))
  app.post('/max/messages', async (request, reply) => {
    if (request.headers.authorization !== 'max-token')
      return reply.code(401).send({ code: 'verify.token', message: 'Invalid access_token' })
    const to = z.object({ user_id: z.string() }).parse(request.query).user_id
    const { text } = MaxBody.parse(request.body)
    if (fake.fate === 'refused') return reply.code(403).send({ code: 'chat.denied', message: '' })
    taken.push({ vendor: 'max', to, text })
    return { message: { recipient: { user_id: Number(to) }, body: { mid: `mid.${taken.length}`, text } } }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    taken,
    get fate() {
      return fake.fate
    },
    set fate(fate) {
      fake.fate = fate
    },
    get status() {
      return fake.status
    },
    set status(status) {
      fake.status = status
    },
    close: () => app.close(),
  }
}
