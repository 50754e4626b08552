import { problemFrom, Unreachable } from '../api/problem.ts'
import { cardPath } from './process-queries.ts'

/** Lays a file with a card. Rejects with a Problem, or Unreachable. */
export async function uploadFile(card: string, file: File): Promise<{ readonly id: string }> {
  const body = new FormData()
  body.append('file', file)
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
  const response = await fetch(`/api${cardPath(card)}/documents`, {
    method: 'POST',
    body,
    credentials: 'same-origin',
    headers: { 'x-client-key': key, 'accept-language': document.documentElement.lang },
  }).catch((cause: unknown) => {
    throw new Unreachable(cause)
  })
  const answer: unknown = await response.json().catch(() => null)
  if (!response.ok) throw problemFrom(response.status, answer, response.headers.get('retry-after'))
  const id = typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : undefined
  if (typeof id !== 'string') throw new Unreachable(new Error('no id of the file'))
  return { id }
}
