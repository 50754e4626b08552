import { Agent, request as httpRequest } from 'node:http'
import { z } from 'zod'
import { type Millis, seconds } from '#contract/instant.ts'
import type { SignerKey } from '#contract/provisioning.ts'
import {
  ApprovalAnswer,
  InvitationAnswer,
  ListAnswer,
  NewPasskeyAnswer,
  SignAnswer,
  SignedConfiguration,
  SignerKeys,
  SignerStatus,
} from './signer-message.ts'
import type { Signer } from './signer-service.ts'

/** The signer does not answer: nothing was signed, as far as we know, and asking again with the same order id is safe. */
export class SignerUnavailable extends Error {
  constructor(cause: unknown) {
    super('the signer does not answer', { cause })
    this.name = 'SignerUnavailable'
  }
}

export type SignerClient = Signer & {
  /** What the last conversation showed; `unknown` before the first. */
  reach(): 'up' | 'down' | 'unknown'
  close(): void
}

const Refusal = z.object({ error: z.string() })
const LIMIT = seconds(5)
const LONGEST = 256 * 1024

type Settings = {
  readonly socketPath: string
  readonly limit?: Millis
  readonly onReach?: (reach: 'up' | 'down') => void
}

/** The web tier's side of the signer's socket. Rejects with SignerUnavailable while nobody answers. */
export function createSignerClient({ socketPath, limit = LIMIT, onReach }: Settings): SignerClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  let keys: readonly SignerKey[] | undefined
  let reach: ReturnType<SignerClient['reach']> = 'unknown'
  const note = (now: 'up' | 'down'): void => {
    if (reach === now) return
    reach = now
    onReach?.(now)
  }
  const ask = async <Answer>(
    schema: z.ZodType<Answer>,
    method: string,
    path: string,
    body?: object,
  ): Promise<Answer> => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const answer = await exchange({ socketPath, agent, method, path, timeout: limit }, text).catch((cause: unknown) => {
      note('down')
      throw new SignerUnavailable(cause)
    })
    note('up')
    const said: unknown = JSON.parse(answer.text)
    if (answer.status === 200) return schema.parse(said)
    throw new Error(`the signer refused the request: ${Refusal.safeParse(said).data?.error ?? answer.status}`)
  }
  return {
    sign: (request) => ask(SignAnswer, 'POST', '/sign', request),
    keys: async () => {
      // Public and never changed while the signer lives: provisioning goes on while it is being restarted.
      keys = await ask(SignerKeys, 'GET', '/keys').then(
        (answer) => answer.keys,
        (cause: unknown) => {
          if (keys === undefined) throw cause
          return keys
        },
      )
      return keys
    },
    signConfiguration: async (document) => (await ask(SignedConfiguration, 'POST', '/configuration', document)).jws,
    status: () => ask(SignerStatus, 'GET', '/status'),
    setSwitch: (wish) => ask(SignerStatus, 'POST', '/switch', wish),
    tighten: (wish) => ask(SignerStatus, 'POST', '/policy', wish),
    addApprover: (wish) => ask(SignerStatus, 'POST', '/approvers', wish),
    approve: (wish) => ask(ApprovalAnswer, 'POST', '/approvals', wish),
    askPasskey: (wish) => ask(ListAnswer, 'POST', '/approvals/question', wish),
    approveByPasskey: (wish) => ask(ApprovalAnswer, 'POST', '/approvals/passkey', wish),
    beginPasskey: (wish) => ask(InvitationAnswer, 'POST', '/passkeys/question', wish),
    keepPasskey: (wish) => ask(NewPasskeyAnswer, 'POST', '/passkeys', wish),
    reach: () => reach,
    close: () => agent.destroy(),
  }
}

type Way = {
  readonly socketPath: string
  readonly agent: Agent
  readonly method: string
  readonly path: string
  readonly timeout: number
}

const exchange = (way: Way, body: string) =>
  new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = httpRequest(
      {
        ...way,
        headers: body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const parts: Buffer[] = []
        let length = 0
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length > LONGEST) sent.destroy(new Error('the answer is too long'))
          parts.push(part)
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        )
        response.on('error', reject)
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(body)
  })
