import { type EpochMs, later, type Millis, minutes } from '#contract/instant.ts'

/** How long an answer is kept for a repeated Idempotency-Key. */
export const ANSWER_KEPT: Millis = minutes(24 * 60)
/** After this a request without an answer is taken for one whose process died; the key may be used again. */
export const UNANSWERED_FOR: Millis = minutes(2)

export type StoredAnswer = {
  /** SHA-256 of method, address and body: the same key with another request is a mistake of the caller. */
  readonly fingerprint: string
  readonly startedAt: EpochMs
  readonly answer: { readonly status: number; readonly contentType: string; readonly body: string } | null
}

export type ReplayVerdict =
  | { readonly verdict: 'proceed' }
  | { readonly verdict: 'replay'; readonly answer: NonNullable<StoredAnswer['answer']> }
  | { readonly verdict: 'mismatch' }
  | { readonly verdict: 'in-progress' }

/** Pure. What to do with a request whose key was seen before. */
export function judgeReplay(stored: StoredAnswer, fingerprint: string, now: EpochMs): ReplayVerdict {
  if (now > later(stored.startedAt, ANSWER_KEPT)) return { verdict: 'proceed' }
  if (stored.fingerprint !== fingerprint) return { verdict: 'mismatch' }
  if (stored.answer !== null) return { verdict: 'replay', answer: stored.answer }
  return now > later(stored.startedAt, UNANSWERED_FOR) ? { verdict: 'proceed' } : { verdict: 'in-progress' }
}

/** Pure. A key is 1 to 128 printable ASCII characters without space. */
export const isIdempotencyKey = (key: string): boolean => /^[\x21-\x7e]{1,128}$/.test(key)
