import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { json, type LocalAnswer, type LocalRoute } from './local-request.ts'

type Deps = {
  readonly where: LocalRoute['where']
  /** The name that is listened on. */
  readonly host?: string
  readonly routes: readonly LocalRoute[]
  /** Whoever answers every other address of the page: the form for one-time codes. */
  readonly form: () => RequestListener | undefined
  readonly log: Log
}

const LONGEST = 64 * 1024
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  connection: 'close',
}

/** Finds who answers. Nothing of the socket is answered on the port. */
export function createServerRoutes({ where, host, routes, form, log }: Deps): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '/', 'http://gateway')
    // A page of some other site must not speak to us through the browser of whoever sits in the car.
    if (where === 'page' && !isOurs(request, host)) return send(response, json({ error: 'not from here' }, 403))
    const known = routes.filter((one) => one.path === url?.pathname && (where === 'socket' || one.where === 'page'))
    if (known.length === 0 && where === 'page') {
      const other = form()
      return other === undefined ? send(response, json({ error: 'not running yet' }, 503)) : other(request, response)
    }
    const route = known.find(({ method }) => method === request.method)
    if (route === undefined) return send(response, json({ error: 'no such address' }, known.length === 0 ? 404 : 405))
    const body = await bodyOf(request)
    if (body === undefined) return send(response, json({ error: 'too long' }, 413))
    send(
      response,
      await route.handle({ method: route.method, path: route.path, query: url?.search.slice(1) ?? '', body }),
    )
  }
  return (request, response) => {
    answer(request, response).catch((cause: unknown) => {
      log.error({ err: cause, path: request.url }, 'local-page.failed')
      if (response.headersSent) response.destroy()
      else send(response, json({ error: 'failed' }, 500))
    })
  }
}

/** The name asked for is the one listened on, or an address, or localhost; and no other site's page asks. */
function isOurs({ headers }: IncomingMessage, host: string | undefined): boolean {
  const asked = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? ''
  const isAddress = /^[\d.]+$|^\[/.test(asked)
  const isSame = headers.origin === undefined || URL.parse(headers.origin)?.host === headers.host
  return isSame && (isAddress || asked === 'localhost' || asked === host)
}

function send(response: ServerResponse, { status, type, body }: LocalAnswer): void {
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
