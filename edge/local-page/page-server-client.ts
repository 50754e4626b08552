import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { json, type LocalRoute } from './local-request.ts'

export type PageServer = {
  /** Listens until told to stop. Without a port there is no page; without a usable socket no technician's commands. */
  run(stop: AbortSignal): Promise<void>
  /** The port really taken, once listening. */
  port(): number | undefined
}

type Deps = {
  /** Where the page is shown; absent, nowhere. */
  readonly page?: { readonly host: string; readonly port: number }
  /** Unix socket of the technician's commands, for the service's own user. */
  readonly socketPath?: string
  readonly routes: () => readonly LocalRoute[]
  readonly log: Log
}

const LONGEST = 64 * 1024
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The gateway's own small server. A listener that cannot be opened is told and left out: the gateway goes on. */
export function createPageServer({ page, socketPath, routes, log }: Deps): PageServer {
  let taken: number | undefined
  const open = (where: LocalRoute['where'], host?: string): Server => {
    const server = createServer((request, response) => {
      answer(request, response, where, host).catch((cause: unknown) => {
        log.error({ err: cause, path: request.url }, 'local-page.failed')
        if (!response.headersSent) send(response, json({ error: 'failed' }, 500))
      })
    })
    server.requestTimeout = 10_000
    server.maxConnections = 32
    return server
  }

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    where: LocalRoute['where'],
    host: string | undefined,
  ): Promise<void> => {
    const url = URL.parse(request.url ?? '/', 'http://gateway')
    // A page of some other site must not speak to us through the browser of whoever sits in the car.
    if (where === 'page' && !isOurs(request, host)) return send(response, json({ error: 'not from here' }, 403))
    const known = routes().filter(
      (route) => route.path === url?.pathname && (where === 'socket' || route.where === 'page'),
    )
    const route = known.find(({ method }) => method === request.method)
    if (route === undefined) return send(response, json({ error: 'no such address' }, known.length === 0 ? 404 : 405))
    const body = await bodyOf(request)
    if (body === undefined) return send(response, json({ error: 'too long' }, 413))
    const query = url?.search.slice(1) ?? ''
    send(response, await route.handle({ method: route.method, path: route.path, query, body }))
  }

  const listening = (server: Server, at: string | { host: string; port: number }): Promise<boolean> =>
    new Promise((done) => {
      server.once('error', (cause) => {
        log.error({ err: cause, at }, 'local-page.not-listening')
        done(false)
      })
      server.listen(at, () => done(true))
    })

  return {
    port: () => taken,
    run: async (stop) => {
      const servers: Server[] = []
      if (page !== undefined) {
        const server = open('page', page.host)
        servers.push(server)
        await listening(server, page)
        const address = server.address()
        taken = typeof address === 'object' && address !== null ? address.port : undefined
      }
      if (socketPath !== undefined) {
        const server = open('socket')
        servers.push(server)
        // Left by a killed service; its folder belongs to this user alone.
        rmSync(socketPath, { force: true })
        if (await listening(server, socketPath)) chmodSync(socketPath, 0o600)
      }
      await new Promise<void>((done) => {
        if (stop.aborted) return done()
        stop.addEventListener('abort', () => done(), { once: true })
      })
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))))
      taken = undefined
    },
  }
}

/** The name asked for is the one listened on, or an address, or localhost; and no other site's page asks. */
function isOurs({ headers }: IncomingMessage, host: string | undefined): boolean {
  const asked = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? ''
  const isAddress = /^[\d.]+$|^\[/.test(asked)
  const { origin } = headers
  const isSame = origin === undefined || URL.parse(origin)?.host === headers.host
  return isSame && (isAddress || asked === 'localhost' || asked === host)
}

function send(response: ServerResponse, { status, type, body }: { status: number; type: string; body: string }): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type })
  response.end(body)
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length > LONGEST) return undefined
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}
