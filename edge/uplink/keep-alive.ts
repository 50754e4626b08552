import { type Millis, millis, seconds } from '#contract/instant.ts'

/** Pauses between pings that are tried, shortest first. Data cost falls with each; the NAT on the way sets the limit. */
const STEPS: readonly Millis[] = [60, 150, 300, 450, 600, 900, 1200].map(seconds)
const FIRST_STEP = 2
/** A silence shorter than this says nothing about NATs when the link is lost behind it. */
const TELLING = seconds(50)
/** After a day a limit is tried again: the car has another cell, or it was a tunnel. */
const LIMIT_HOLDS = millis(24 * 3600 * 1000)

/** The longest pause any step asks for: what the broker is told. */
export const LONGEST_PAUSE: Millis = STEPS.at(-1) ?? seconds(1200)

/** How long a silence the way to the cloud has proved to survive, and the first step that it did not. */
export type KeepAlive = { readonly step: number; readonly limit?: { readonly step: number; readonly at: Millis } }

export const FRESH: KeepAlive = { step: FIRST_STEP }

/** Pure. A step as it was kept; what is none is forgotten. */
export const rememberedStep = (step: number): KeepAlive => (STEPS[step] === undefined ? FRESH : { step })

/** Pure. After so long without a word of ours a ping goes out. */
export const pingEvery = ({ step }: KeepAlive): Millis => STEPS[step] ?? seconds(300)

/** Pure. An answer came after so long a silence: the next longer pause is tried, up to what is known not to work. */
export function survived(keepAlive: KeepAlive, silence: Millis, now: Millis): KeepAlive {
  if (silence < 0.95 * pingEvery(keepAlive)) return keepAlive
  const limit = keepAlive.limit !== undefined && now - keepAlive.limit.at < LIMIT_HOLDS ? keepAlive.limit : undefined
  const highest = Math.min(STEPS.length, limit?.step ?? STEPS.length) - 1
  const step = Math.max(keepAlive.step, Math.min(keepAlive.step + 1, highest))
  return limit === undefined ? { step } : { step, limit }
}

/** Pure. No answer came after so long a silence: back to a pause that is shorter than it, for a day at least. */
export function lostAfter(keepAlive: KeepAlive, silence: Millis, now: Millis): KeepAlive {
  if (silence < TELLING) return keepAlive
  const tooLong = STEPS.findIndex((pause) => pause >= 0.95 * silence)
  const limit = tooLong === -1 ? STEPS.length : tooLong
  return { step: Math.max(0, Math.min(keepAlive.step, limit - 1)), limit: { step: Math.max(1, limit), at: now } }
}
