import { z } from 'zod'

/** What went wrong in words for the person at the keyboard; ends the command with exit code 1. */
export class CommandFailed extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailed'
    this.code = code
  }
}

export type ApiClient = {
  /** Parses the answer; every failure is a CommandFailed with a clear word. */
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>
  send<Answer>(method: 'POST' | 'DELETE', path: string, schema: z.ZodType<Answer>, body?: object): Promise<Answer>
}

export type ApiAccess = {
  readonly url: string
  readonly token?: string | undefined
  readonly cookie?: string | undefined
}

const Problem = z.looseObject({ code: z.string(), title: z.string(), detail: z.string().nullable().optional() })
const PATIENCE_MS = 15_000

/** The REST API as any third party uses it. Unsafe requests carry an Idempotency-Key, so one repetition is harmless. */
export function createApiClient({ url, token, cookie }: ApiAccess): ApiClient {
  const headers = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(cookie === undefined ? {} : { cookie }),
  }
  const call = async <Answer>(path: string, init: RequestInit, schema: z.ZodType<Answer>): Promise<Answer> =>
    parseAnswer(await request(`${url}${path}`, { ...init, headers: { ...headers, ...init.headers } }), url, schema)
  return {
    get: (path, schema) => call(path, { method: 'GET' }, schema),
    send: (method, path, schema, body) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const key = { 'idempotency-key': crypto.randomUUID() }
      return call(path, { method, ...json, headers: { ...type, ...key } }, schema)
    },
  }
}

/** Resolves to the answer, whatever its status; rejects with a clear word when nobody answers. */
export async function request(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (cause) {
    const { origin } = new URL(address)
    throw new CommandFailed(
      'cloud/unreachable',
      `${origin} does not answer (${reasonOf(cause)}): look to the address and the network, then give the same command again`,
      { cause },
    )
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`
  const inner: unknown = cause.cause
  return inner instanceof Error && inner.message !== '' ? inner.message : cause.message
}

export async function parseAnswer<Answer>(answer: Response, url: string, schema: z.ZodType<Answer>): Promise<Answer> {
  const text = await answer.text()
  const json = parseJson(text)
  if (!answer.ok) throw failureOf(answer.status, json, url)
  const parsed = schema.safeParse(text === '' ? null : json)
  if (!parsed.success)
    throw new CommandFailed('cloud/unexpected', `${url} answered something else than a Kordon cloud does`)
  return parsed.data
}

function failureOf(status: number, json: unknown, url: string): CommandFailed {
  const problem = Problem.safeParse(json)
  if (!problem.success) return new CommandFailed('cloud/unexpected', `${url} answered with status ${status}`)
  const { code, title, detail } = problem.data
  if (code === 'session/missing')
    return new CommandFailed(
      code,
      `not signed in at ${url}, or the sign-in is no longer valid: run "kordon login ${url}"`,
    )
  return new CommandFailed(code, detail == null || detail === '' ? title : `${title}: ${detail}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
