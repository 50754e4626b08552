import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { unlockPage } from './unlock-page.ts'
import type { UnlockAnswer, UnlockService } from './unlock-service.ts'

const LONGEST = 1024

/** The page on which a person in the car types a one-time code. Everything it may do is guarded by the code itself. */
export function createUnlockRoutes(unlock: Pick<UnlockService, 'enter' | 'nextCounter'>, log: Log): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url !== '/') return send(response, 404, unlock.nextCounter())
    if (request.method === 'GET' || request.method === 'HEAD') return send(response, 200, unlock.nextCounter())
    if (request.method !== 'POST') return send(response, 405, unlock.nextCounter())
    const form = await textOf(request)
    if (form === undefined) return send(response, 413, unlock.nextCounter())
    const verdict = unlock.enter(new URLSearchParams(form).get('code') ?? '')
    send(response, STATUS[verdict.verdict], unlock.nextCounter(), verdict)
  }
  return (request, response) => {
    answer(request, response).catch((cause: unknown) => {
      log.warn({ err: cause }, 'unlock-page.failed')
      response.destroy()
    })
  }
}

const STATUS = { accepted: 200, wrong: 403, locked: 429, unreadable: 400, 'no-secret': 409 } as const

function send(response: ServerResponse, status: number, next: number, answer?: UnlockAnswer): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(unlockPage(next, answer))
}

/** Undefined when the form is longer than any form of ours. */
const textOf = (request: IncomingMessage) =>
  new Promise<string | undefined>((done, failed) => {
    const parts: Buffer[] = []
    let length = 0
    request.on('data', (part: Buffer) => {
      length += part.length
      if (length > LONGEST) done(undefined)
      else parts.push(part)
    })
    request.on('end', () => done(Buffer.concat(parts).toString('utf8')))
    request.on('error', failed)
    request.on('aborted', () => failed(new Error('the form was cut off')))
  })
