import { Problem, problemFrom, Unreachable } from './problem.ts'
import { noteServerTime } from './server-clock.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const lostSession = new Set<() => void>()

/** Calls back whenever any request finds that nobody is signed in any more. Returns the way to stop. */
export function onSessionLost(listener: () => void): () => void {
  lostSession.add(listener)
  return () => lostSession.delete(listener)
}

type Prove = () => Promise<boolean>
let prove: Prove | undefined

/** Called when a change is refused for want of a second factor; true lets the change go on. Returns the way to stop. */
export function onProofWanted(ask: Prove): () => void {
  prove = ask
  return () => {
    prove = undefined
  }
}

export function announceSessionLost(): void {
  for (const listener of lostSession) listener()
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  try {
    return await response.json()
  } catch (cause) {
    // A success that cannot be read is as good as no answer; an error still has its status.
    if (response.ok) throw new Unreachable(cause)
    return null
  }
}

type More = {
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  { signal, headers: own }: More = {},
): Promise<T> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    // Names of the company's own processes come in the language of the page, not of the browser.
    'accept-language': document.documentElement.lang,
    ...own,
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) init.body = JSON.stringify(body)
  if (signal !== undefined) init.signal = signal
  const response = await fetch(`/api${path}`, withKey(method, init)).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause
    throw new Unreachable(cause)
  })
  noteServerTime(response.headers.get('date'))
  const answer = await bodyOf(response)
  if (response.ok) return answer as T
  // The gateway in front of a stopped server answers 502 or 504: for a person that is the same as no answer.
  if (response.status === 502 || response.status === 504) throw new Unreachable(new Error(`HTTP ${response.status}`))
  const problem = problemFrom(response.status, answer, response.headers.get('retry-after'))
  if (problem.facts.code === 'session/missing') announceSessionLost()
  const asked = problem.facts.code === 'access/second-factor' ? prove : undefined
  // Asked once: whoever has shown it and is refused again is told so.
  if (asked !== undefined && !path.startsWith('/session/prove') && (await asked()))
    return request(method, path, body, { signal, headers: own })
  throw problem
}

/** One key per click: a request repeated by the browser or a proxy is carried out once. */
function withKey(method: Method, init: RequestInit): RequestInit {
  if (method === 'GET') return init
  return { ...init, headers: { ...init.headers, 'idempotency-key': idempotencyKey() } }
}

/** randomUUID exists only in secure contexts; a console reached by plain address in a garage must work as well. */
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, undefined, { signal })
export const post = <T>(path: string, body: unknown): Promise<T> => request<T>('POST', path, body)
/** `version` is the one on screen: the server refuses when somebody has changed it since. */
export const put = <T>(path: string, body: unknown, version?: number): Promise<T> =>
  request<T>('PUT', path, body, version === undefined ? {} : { headers: { 'if-match': `"${version}"` } })
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', path, body)
export const remove = <T>(path: string, body?: unknown): Promise<T> => request<T>('DELETE', path, body)

/** A failure worth trying again by itself: no answer, or the server says it is unwell. */
export function worthRetrying(error: unknown): boolean {
  if (error instanceof Problem) return error.facts.status >= 500
  return error instanceof Unreachable
}
