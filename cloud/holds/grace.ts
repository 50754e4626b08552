import { z } from 'zod'
import { type EpochMs, epochMs, type Millis } from '#contract/instant.ts'

export const GraceId = z.uuid().brand<'GraceId'>()
export type GraceId = z.infer<typeof GraceId>

/** How long a grace may last: bounded by policy, whoever gives it. */
export type GracePolicy = {
  readonly longest: Millis
  /** After a one-time code was used at the vehicle. */
  readonly afterCode: Millis
}

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
