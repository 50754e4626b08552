import type { EpochMs } from '#contract/instant.ts'
import { moved, type Position } from './position.ts'
import { normal, type Random } from './random.ts'

/** What a receiver says once a second. An absent number was not known to it. */
export type GpsFix = {
  readonly at: EpochMs
  readonly position: Position
  readonly speedKmh?: number
  readonly courseDeg?: number
  readonly satellites: number
  readonly hdop: number
  readonly altitudeM: number
}

/** How far the receiver's answer is from the truth, metres. */
export type Wander = { readonly eastM: number; readonly northM: number }

export const NO_WANDER: Wander = { eastM: 0, northM: 0 }

/** Farther off than this the simulated receiver never is: a good sky, not a street canyon. */
export const WANDER_LIMIT_M = 6

/** Each second keeps most of the last error and adds a little: slow wander round the truth, never away from it. */
export function wandered(wander: Wander, random: Random): Wander {
  const eastM = wander.eastM * 0.97 + normal(random) * 0.35
  const northM = wander.northM * 0.97 + normal(random) * 0.35
  const off = Math.hypot(eastM, northM)
  const share = off > WANDER_LIMIT_M ? WANDER_LIMIT_M / off : 1
  return { eastM: eastM * share, northM: northM * share }
}

/** What the receiver makes of the truth at `at`. Standing, it still shows a few tenths of a km/h, as real ones do. */
export function fixOf(
  truth: { position: Position; speedKmh: number; courseDeg: number },
  wander: Wander,
  at: EpochMs,
  random: Random,
): GpsFix {
  const speedKmh = Math.max(0, truth.speedKmh + normal(random) * 0.2)
  return {
    at,
    position: moved(truth.position, wander.eastM, wander.northM),
    speedKmh,
    courseDeg: truth.courseDeg,
    satellites: 9 + Math.floor(random() * 4),
    hdop: 0.8 + random() * 0.3,
    altitudeM: 150,
  }
}
