import { z } from 'zod'
import { type EpochMs, epochMs, type Millis } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { Actor } from '../decisions/decision.ts'

export const GraceId = z.uuid().brand<'GraceId'>()
export type GraceId = z.infer<typeof GraceId>

/** How long a grace may last: bounded by policy, whoever gives it. */
export type GracePolicy = {
  readonly longest: Millis
  /** After a one-time code was used at the vehicle. */
  readonly afterCode: Millis
}

/**
 * Pure. A grace is for the driver who is to get home. A person who says that the car is stolen says that it is not he who
 * drives: theft ends a grace that runs. A rule cannot say so, and whoever gives a grace later knows of the theft.
 */
export const endsGrace = ({ reason, by }: { readonly reason: HoldReason; readonly by: Actor }): boolean =>
  reason === 'theft' && by.kind === 'user'

export type GraceVerdict = 'good' | 'past' | 'too-long'

/** Pure. */
export function judgeGrace(until: EpochMs, policy: GracePolicy, now: EpochMs): GraceVerdict {
  if (until <= now) return 'past'
  return until - now > policy.longest ? 'too-long' : 'good'
}

/** A gateway without a clock tells any time; further back than this its word for the moment is not taken. */
const BELIEVED_MS = 7 * 24 * 3_600_000

/** Pure. Until when a used code permits starts: from the moment the gateway tells, if that can be, else from hearing of it. */
export function graceAfterCode(told: EpochMs, heard: EpochMs, policy: GracePolicy): EpochMs {
  const from = told > heard || heard - told > BELIEVED_MS ? heard : told
  return epochMs(from + policy.afterCode)
}
