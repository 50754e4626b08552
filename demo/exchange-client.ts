import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

const Wish = z.object({
  id: z.string(),
  do: z.enum(['transfer', 'say', 'call']),
  call: z.string().optional(),
  to: z.string().optional(),
  text: z.string().optional(),
})
export type ExchangeWish = z.infer<typeof Wish>

export type FakeExchange = {
  /** What it was asked to do, once for each id, oldest first. */
  readonly wishes: ExchangeWish[]
  /** `silent`: drops every connection. */
  fault: 'none' | 'failing' | 'refusing' | 'silent'
  /** Resolves to its base URL; wishes go to `/wishes`, recordings are at `/records/<call>.wav`. */
  listen(): Promise<string>
  /** Says something of a call to a hook of the cloud, signed when there is a secret. */
  say(hook: { readonly url: string; readonly secret?: string | undefined }, event: object): Promise<Response>
  close(): Promise<void>
}

/** A telephone exchange that takes plain signed webhooks and speaks them; its calls are in nobody's ear. */
export function createFakeExchange(secret: string, now: () => number): FakeExchange {
  const wishes: ExchangeWish[] = []
  const state: { fault: FakeExchange['fault'] } = { fault: 'none' }

  const answer = (response: ServerResponse, status: number, body = '{}', type = 'application/json'): void => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (state.fault === 'silent') return void request.socket.destroy()
    if (state.fault === 'failing') return answer(response, 500)
    if (request.method === 'GET') return answer(response, 200, 'RIFF', 'audio/wav')
    const body = await textOf(request)
    const [second, mac] = /^t=(\d+),v1=(\w+)$/.exec(String(request.headers['kordon-signature'] ?? ''))?.slice(1) ?? []
    if (mac !== macOf(secret, Number(second), body)) return answer(response, 401)
    if (state.fault === 'refusing') return answer(response, 422)
    const wish = Wish.parse(JSON.parse(body))
    if (!wishes.some(({ id }) => id === wish.id)) wishes.push(wish)
    answer(response, 200)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => answer(response, 400))
  })

  return {
    wishes,
    get fault() {
      return state.fault
    },
    set fault(fault) {
      state.fault = fault
    },
    listen: () =>
      new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          const address = server.address()
          resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
        })
      }),
    say: (hook, event) => {
      const body = JSON.stringify(event)
      const second = Math.floor(now() / 1000)
      return fetch(hook.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(hook.secret === undefined
            ? {}
            : { 'kordon-signature': `t=${second},v1=${macOf(hook.secret, second, body)}` }),
        },
        body,
      })
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const macOf = (secret: string, second: number, body: string): string =>
  createHmac('sha256', secret).update(`${second}.${body}`).digest('hex')

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString('utf8')
}
