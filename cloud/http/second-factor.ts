import { type EpochMs, type Millis, minutes } from '#contract/instant.ts'
import type { Caller } from './access.ts'

/** So long after a second factor was shown a block may be asked for without showing it again. */
export const FRESH: Millis = minutes(15)

export type FactorVerdict = 'enough' | 'not-now' | 'second-factor-needed' | 'scope-needed'

/**
 * Pure. Whether this caller has proven enough to have a vehicle blocked. Who came in by recovery has to wait, whatever
 * the policy; a program has to have been given this very right by name, which took a second factor then.
 */
export function judgeFactor(caller: Caller, policy: 'on' | 'off', named: boolean, now: EpochMs): FactorVerdict {
  if (caller.noBlockUntil !== undefined && caller.noBlockUntil > now) return 'not-now'
  if (policy === 'off') return 'enough'
  if (caller.by === 'token') return named ? 'enough' : 'scope-needed'
  const at = caller.secondFactorAt
  return at !== undefined && now - at <= FRESH && at <= now ? 'enough' : 'second-factor-needed'
}
