import { z } from 'zod'
import { type EpochMs, later, type Millis } from '#contract/instant.ts'

export const PromiseId = z.uuid().brand<'PromiseId'>()
export type PromiseId = z.infer<typeof PromiseId>

export const PromiseState = z.enum(['open', 'kept', 'broken', 'withdrawn'])
export type PromiseState = z.infer<typeof PromiseState>

/** How far a promise to pay is taken. */
export type PromisePolicy = { readonly every: Millis; readonly longest: Millis; readonly mostKopecks: number }

type Given = { readonly promisedAt: EpochMs; readonly state: PromiseState }

export type PromiseVerdict = 'good' | 'past' | 'too-long' | 'too-much' | 'one-is-open' | 'too-soon'

/** Pure. Whether a driver's promise is taken; `newest` is his last one that was not withdrawn. A broken one halves the sum. */
export function judgePromise(
  asked: { readonly kopecks: number; readonly until: EpochMs },
  newest: Given | undefined,
  policy: PromisePolicy,
  now: EpochMs,
): PromiseVerdict {
  if (asked.until <= now) return 'past'
  if (asked.until > later(now, policy.longest)) return 'too-long'
  if (newest?.state === 'open') return 'one-is-open'
  if (newest !== undefined && now < later(newest.promisedAt, policy.every)) return 'too-soon'
  const most = newest?.state === 'broken' ? Math.floor(policy.mostKopecks / 2) : policy.mostKopecks
  return asked.kopecks > most ? 'too-much' : 'good'
}

/** Pure. What has become of an open promise, when so much was paid since it was given. */
export function promiseNow(
  { kopecks, untilAt }: { readonly kopecks: number; readonly untilAt: EpochMs },
  paidKopecks: number,
  now: EpochMs,
): 'open' | 'kept' | 'broken' {
  if (paidKopecks >= kopecks) return 'kept'
  return now > untilAt ? 'broken' : 'open'
}
