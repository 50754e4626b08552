import { problemFrom } from '../api/problem.ts'
import { noteServerTime } from '../api/server-clock.ts'
import type { Close, Photo } from './plan.ts'

export type Answer =
  | { readonly kind: 'done'; readonly id: string }
  /** The server has said no, and will say no again. */
  | { readonly kind: 'refused'; readonly problem: ReturnType<typeof problemFrom> }
  /** No answer, or not now. */
  | { readonly kind: 'later' }
  /** Somebody has to sign in first. */
  | { readonly kind: 'session' }

const LATER = new Set(['request/in-progress', 'request/too-many', 'access/second-factor', 'session/throttled'])

type Wish = { readonly method: string; readonly headers: Record<string, string>; readonly body: string | FormData }
async function sent(path: string, init: Wish): Promise<Answer> {
  let response: Response
  let body: unknown = null
  try {
    const headers = { ...init.headers, 'accept-language': document.documentElement.lang }
    response = await fetch(`/api${path}`, { ...init, headers, credentials: 'same-origin' })
    noteServerTime(response.headers.get('date'))
    body = await response.json()
  } catch {
    // Whatever cannot be read is no answer: the same key is sent again, and what was done is not done twice.
    return { kind: 'later' }
  }
  if (response.ok) return { kind: 'done', id: idIn(body) }
  const problem = problemFrom(response.status, body, response.headers.get('retry-after'))
  if (response.status === 401) return { kind: 'session' }
  const notNow = response.status >= 500 || response.status === 429 || LATER.has(problem.facts.code)
  return notNow ? { kind: 'later' } : { kind: 'refused', problem }
}
const idIn = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string' ? body.id : ''

export function sendPhoto(photo: Photo): Promise<Answer> {
  const form = new FormData()
  form.append('file', new Blob([photo.bytes], { type: photo.type }), photo.name)
  return sent(`/cards/${encodeURIComponent(photo.card)}/documents`, {
    method: 'POST',
    headers: { accept: 'application/json', 'x-client-key': photo.key },
    body: form,
  })
}

export const sendClose = (close: Close, task: string, set: Readonly<Record<string, unknown>>): Promise<Answer> =>
  sent(`/tasks/${encodeURIComponent(task)}/outcomes`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': close.key },
    body: JSON.stringify({ outcome: close.outcome, set, answer: close.answer, clientKey: close.key }),
  })
