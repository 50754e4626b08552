import { get } from 'node:http'

export type OrderState = {
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly steps: readonly { readonly state: string }[]
}

/** Follows `GET /api/live` as a console does and remembers how each order stands. */
export type LiveOrders = {
  /** Resolves with the order when the feed has told that it is verified; rejects at any other end, and after the time. */
  verified(order: string, withinMs?: number): Promise<OrderState>
  close(): void
}

const FINAL = new Set(['refused', 'failed', 'expired', 'superseded'])

export async function followOrders(url: string, token: { readonly cookie: string }): Promise<LiveOrders> {
  const known = new Map<string, OrderState>()
  const waiting = new Map<string, (order: OrderState) => void>()
  const take = (text: string): void => {
    if (!text.startsWith('event: order\n')) return
    const order: OrderState = JSON.parse(text.slice('event: order\ndata: '.length))
    known.set(order.id, order)
    waiting.get(order.id)?.(order)
  }
  const connection = await new Promise<{ destroy(): void }>((done, failed) => {
    const asked = get(`${url}/api/live`, { headers: { cookie: token.cookie } }, (answer) => {
      if (answer.statusCode !== 200) return failed(new Error(`the live feed answered ${answer.statusCode}`))
      let rest = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (rest + chunk).split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) take(event)
      })
      answer.once('data', () => done(asked))
    })
    asked.on('error', failed)
  })
  return {
    verified: (id, withinMs = 180_000) =>
      new Promise((done, failed) => {
        const end = (order: OrderState | undefined): void => {
          if (order === undefined) return
          if (order.state !== 'verified' && !FINAL.has(order.state)) return
          clearTimeout(patience)
          waiting.delete(id)
          if (order.state === 'verified') done(order)
          else failed(new Error(`the order ended as ${order.state} ${order.reason ?? ''}`))
        }
        const patience = setTimeout(() => {
          waiting.delete(id)
          failed(new Error(`not verified within ${withinMs} ms: ${JSON.stringify(known.get(id))}`))
        }, withinMs)
        waiting.set(id, end)
        end(known.get(id))
      }),
    close: () => connection.destroy(),
  }
}

/** The cookie of a demo account's session. */
export async function signIn(url: string, login: string): Promise<{ readonly cookie: string }> {
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ login, password: `demo-${login}` }),
  })
  if (!answer.ok) throw new Error(`sign-in of ${login}: ${answer.status}`)
  return {
    cookie: answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; '),
  }
}
