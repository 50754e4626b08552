const STEPS_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000]

/** Pure. Pause after the nth failure in a row (from 1): 1, 2, 5, 10, 30, then 60 s, ± 20 % by `random` in [0, 1). */
export function backoffMs(failures: number, random: number): number {
  const step = STEPS_MS[Math.min(Math.max(failures, 1), STEPS_MS.length) - 1] ?? 60_000
  return Math.round(step * (0.8 + 0.4 * random))
}
