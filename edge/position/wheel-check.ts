/**
 * Compares the receiver's speed with the wheels'. `scale` is what one km/h of the wheels is in GNSS km/h, learned while
 * both agree, since tyres and tone rings err by some per cent; `faster` and `slower` sum up what cannot be noise.
 */
export type WheelCheck = {
  readonly scale: number
  readonly learned: number
  readonly faster: number
  readonly slower: number
  readonly speedKmh?: number
}

export const UNCHECKED: WheelCheck = { scale: 1, learned: 0, faster: 0, slower: 0 }

const LEARN_ABOVE_KMH = 15
const CALIBRATED_AFTER = 60
const MEMORY = 1200
/** Ordinary disagreement: receiver and wheel noise, plus a share of the speed before and after calibration. */
const NOISE_KMH = 0.5
const RAW_SHARE = 0.06
const CALIBRATED_SHARE = 0.01
/** Page's cumulative sum: the part of a deviation that is forgiven each time, the sum that convicts, and its bounds. */
const FORGIVEN = 0.5
const CONVICTS = 10
const LARGEST_STEP = 5
const CEILING = 15

/** Pure. Takes one pair of speeds of the same moment. */
export function compareSpeeds(check: WheelCheck, gnssKmh: number, wheelKmh: number): WheelCheck {
  const { scale, learned, faster, slower, speedKmh = gnssKmh } = check
  const share = learned >= CALIBRATED_AFTER ? CALIBRATED_SHARE : RAW_SHARE
  // Both are a moment old, by different amounts: while the speed changes they may differ by that change.
  const noise = NOISE_KMH + share * gnssKmh + Math.abs(gnssKmh - speedKmh)
  const away = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, (gnssKmh - scale * wheelKmh) / noise))
  const next = {
    ...check,
    speedKmh: gnssKmh,
    faster: Math.min(CEILING, Math.max(0, faster + away - FORGIVEN)),
    slower: Math.min(CEILING, Math.max(0, slower - away - FORGIVEN)),
  }
  const agree = Math.max(next.faster, next.slower) < CONVICTS / 2
  const ratio = gnssKmh / wheelKmh
  if (!agree || wheelKmh < LEARN_ABOVE_KMH || Math.abs(ratio - 1) > 0.15) return next
  const weight = Math.min(learned + 1, MEMORY)
  return { ...next, learned: learned + 1, scale: scale + (ratio - scale) / weight }
}

/** Pure. Do receiver and wheels contradict each other beyond noise? */
export const speedsConflict = ({ faster, slower }: WheelCheck): boolean => Math.max(faster, slower) >= CONVICTS

/** Pure. Forgets the contradiction, keeps the calibration: for a receiver that has come back by a jump. */
export const settled = (check: WheelCheck): WheelCheck => ({ ...check, faster: 0, slower: 0 })

/** Pure. What one km/h of the wheels is in GNSS km/h; undefined until enough has been compared. */
export const calibratedScale = ({ learned, scale }: WheelCheck): number | undefined =>
  learned >= CALIBRATED_AFTER ? scale : undefined
