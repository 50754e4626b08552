import { request } from 'node:http'
import { join } from 'node:path'

/** The gateway service does not run here, or not as a user whose socket we may open. */
export class ServiceAway extends Error {}

export type ServiceAnswer = { readonly status: number; readonly body: unknown }

export type Service = { ask(method: 'GET' | 'POST', path: string, body?: object): Promise<ServiceAnswer> }

const TIMEOUT_MS = 10_000

/** Speaks to the running service over its own socket; rejects with ServiceAway when nobody answers. */
export const createService = (dir: string): Service => ({
  ask: (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const away = (cause: unknown): void =>
        reject(new ServiceAway(`the gateway service does not answer on ${join(dir, 'control.sock')}`, { cause }))
      const sent = request(
        {
          socketPath: join(dir, 'control.sock'),
          method,
          path,
          timeout: TIMEOUT_MS,
          headers: { host: 'localhost', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', away)
          response.on('end', () => {
            try {
              const said: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
              resolve({ status: response.statusCode ?? 0, body: said })
            } catch (cause) {
              away(cause)
            }
          })
        },
      )
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
      sent.on('error', away)
      sent.end(text)
    }),
})
