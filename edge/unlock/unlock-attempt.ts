import { type Millis, millis } from '#contract/instant.ts'
import { UNLOCK_LOOK_AHEAD } from '#contract/unlock-code.ts'

/**
 * Where the gateway stands with one-time codes. `nextCounter` is kept on disk before a code frees the car, so that a
 * code works once, through any power cut; the tries may be forgotten at a restart.
 */
export type UnlockState = {
  readonly nextCounter: number
  readonly wrongTries: number
  /** No code is looked at before this monotonic moment. */
  readonly lockedUntil: Millis
}

export type UnlockVerdict =
  | { readonly verdict: 'accepted'; readonly counter: number }
  | { readonly verdict: 'wrong'; readonly retryAfter: Millis }
  | { readonly verdict: 'locked'; readonly retryAfter: Millis }

const FREE_TRIES = 5
// One try a minute leaves a guesser 1,440 × 20 of 10⁸ codes a day, and the rightful driver waits less than two minutes.
const LOCK = millis(60_000)

export const freshUnlockState: UnlockState = { nextCounter: 0, wrongTries: 0, lockedUntil: millis(0) }

/**
 * Pure. Judges one typed code. `codeAt` is HOTP at a counter. An accepted code uses up every counter before it, so an
 * older code that was never typed dies too.
 */
export function tryUnlockCode(
  state: UnlockState,
  code: string,
  codeAt: (counter: number) => string,
  steadyNow: Millis,
): { readonly state: UnlockState; readonly answer: UnlockVerdict } {
  if (steadyNow < state.lockedUntil)
    return { state, answer: { verdict: 'locked', retryAfter: millis(state.lockedUntil - steadyNow) } }
  for (let counter = state.nextCounter; counter < state.nextCounter + UNLOCK_LOOK_AHEAD; counter += 1) {
    if (codeAt(counter) !== code) continue
    const used = { nextCounter: counter + 1, wrongTries: 0, lockedUntil: millis(0) }
    return { state: used, answer: { verdict: 'accepted', counter } }
  }
  const wrongTries = state.wrongTries + 1
  const retryAfter = wrongTries < FREE_TRIES ? millis(0) : LOCK
  return {
    state: { ...state, wrongTries, lockedUntil: millis(steadyNow + retryAfter) },
    answer: { verdict: 'wrong', retryAfter },
  }
}
