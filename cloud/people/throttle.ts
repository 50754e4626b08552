import { type Millis, millis, minutes, seconds } from '#contract/instant.ts'

/** Failed sign-ins of one login or one address, by the monotonic clock. */
export type Failures = { readonly count: number; readonly lastAt: Millis }

export type ThrottlePolicy = { readonly free: number; readonly longest: Millis }

/** A person mistypes; a list of stolen passwords has thousands. After the free tries each further one doubles the wait. */
export const PER_LOGIN: ThrottlePolicy = { free: 5, longest: minutes(15) }
/** Many people may share one office address, so an address has more free tries. */
export const PER_ADDRESS: ThrottlePolicy = { free: 30, longest: minutes(15) }
export const FORGET_AFTER: Millis = minutes(60)
const FIRST_WAIT: Millis = seconds(1)

/** Pure. How long the next try has to wait; zero when it may go ahead. */
export function waitFor(failures: Failures | undefined, policy: ThrottlePolicy, now: Millis): Millis {
  if (failures === undefined || failures.count < policy.free) return millis(0)
  const wait = Math.min(FIRST_WAIT * 2 ** (failures.count - policy.free), policy.longest)
  return millis(Math.max(0, failures.lastAt + wait - now))
}

/** Pure. One failure more; an old row of failures is forgotten. */
export function failedAgain(failures: Failures | undefined, now: Millis): Failures {
  const fresh = failures === undefined || now - failures.lastAt > FORGET_AFTER
  return { count: fresh ? 1 : failures.count + 1, lastAt: now }
}

/** Pure. Whether a row of failures has no more effect and may be dropped. */
export const isForgotten = (failures: Failures, now: Millis): boolean => now - failures.lastAt > FORGET_AFTER
