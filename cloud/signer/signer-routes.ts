import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { z } from 'zod'
import { Configuration } from '#contract/configuration.ts'
import type { Log } from '../log.ts'
import {
  ApprovalWish,
  ApproverWish,
  ListWish,
  NewPasskeyWish,
  PasskeyApprovalWish,
  PasskeyInvitation,
  PolicyWish,
  SignRequest,
  SwitchWish,
} from './signer-message.ts'
import type { Signer } from './signer-service.ts'

/** A list of 2,000 blocks fits. */
const LONGEST = 768 * 1024

type Handler = (body: unknown) => Promise<object>

/** JSON over HTTP on a socket that only the web tier's user may open. Wrong words are answered 400 and change nothing. */
export function createSignerRoutes(signer: Signer, log: Log): RequestListener {
  const handlers = new Map<string, Handler>([
    ['GET /keys', async () => ({ keys: await signer.keys() })],
    ['GET /status', () => signer.status()],
    ['POST /sign', (body) => signer.sign(SignRequest.parse(body))],
    ['POST /configuration', async (body) => ({ jws: await signer.signConfiguration(Configuration.parse(body)) })],
    ['POST /switch', (body) => signer.setSwitch(SwitchWish.parse(body))],
    ['POST /policy', (body) => signer.tighten(PolicyWish.parse(body))],
    ['POST /approvals', (body) => signer.approve(ApprovalWish.parse(body))],
    ['POST /approvals/question', (body) => signer.askPasskey(ListWish.parse(body))],
    ['POST /approvals/passkey', (body) => signer.approveByPasskey(PasskeyApprovalWish.parse(body))],
    ['POST /passkeys/question', (body) => signer.beginPasskey(PasskeyInvitation.parse(body))],
    ['POST /passkeys', (body) => signer.keepPasskey(NewPasskeyWish.parse(body))],
    ['POST /approvers', (body) => signer.addApprover(ApproverWish.parse(body))],
  ])
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const handle = handlers.get(`${request.method} ${request.url}`)
    if (handle === undefined) return send(response, 404, { error: 'no such request' })
    try {
      send(response, 200, await handle(await bodyOf(request)))
    } catch (cause) {
      const wrong = cause instanceof z.ZodError || cause instanceof SyntaxError
      if (!wrong) log.error({ err: cause, url: request.url }, 'signer.failed')
      const error = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
      send(response, wrong ? 400 : 500, { error })
    }
  }
  return (request, response) => void answer(request, response)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length > LONGEST) throw new SyntaxError('the request is too long')
    parts.push(bytes)
  }
  return length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'))
}
