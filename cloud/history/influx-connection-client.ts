import { Agent, type IncomingMessage, request } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

type Settings = {
  readonly url: string
  readonly api: 'v1' | 'v2'
  readonly token?: string
  readonly compress?: 'gzip' | 'never'
}

/** The server has answered, and not with success. */
export class InfluxRefusal extends Error {
  readonly status: number
  constructor(status: number, body: string) {
    super(`the server answered ${status}: ${body.slice(0, 500)}`)
    this.name = 'InfluxRefusal'
    this.status = status
  }
}

/** Requests on connections that stay open. Rejects with `InfluxRefusal`, or with what broke the connection. */
export type InfluxConnection = {
  get(path: string): Promise<string>
  /** One request, no retry of its own: whoever calls knows when and how often to try again. */
  post(path: string, body: string): Promise<void>
  close(): void
}

const TIMEOUT_MS = 30_000
const pack = promisify(gzip)

/** HTTP by hand: the database's own library spends more on a line than making it costs. */
export function createInfluxConnection({ url, api, token, compress = 'never' }: Settings): InfluxConnection {
  const isTls = url.startsWith('https:')
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const base = url.replace(/\/$/, '')
  const authorization =
    token === undefined ? {} : { authorization: api === 'v1' ? `Basic ${base64(token)}` : `Token ${token}` }
  const ask = (method: 'GET' | 'POST', path: string, headers: object, body?: string | Uint8Array) =>
    new Promise<string>((done, fail) => {
      const options = { method, agent, timeout: TIMEOUT_MS, headers: { ...authorization, ...headers } }
      const asked = (isTls ? requestTls : request)(`${base}${path}`, options, (answer) => {
        textOf(answer).then((text) => {
          const { statusCode = 0 } = answer
          if (statusCode >= 200 && statusCode < 300) done(text)
          else fail(new InfluxRefusal(statusCode, text))
        }, fail)
      })
      asked.once('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
      asked.once('error', fail)
      asked.end(body)
    })
  return {
    get: (path) => ask('GET', path, {}),
    post: async (path, body) => {
      if (compress === 'never') return void (await ask('POST', path, {}, body))
      await ask('POST', path, { 'content-encoding': 'gzip' }, await pack(body))
    },
    close: () => agent.destroy(),
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
