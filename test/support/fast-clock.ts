import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, epochMs, millis } from '#contract/instant.ts'

/**
 * The wall clock from now on, `speed` times faster; sleeps are as much shorter. It sets out `lead` ms in the past, so
 * that a long recorded drive ends about now instead of in the future.
 */
export function createFastClock(speed: number, lead = 0): Clock {
  const wallStart = Date.now() - lead
  const steadyStart = performance.now()
  const lived = (): number => (performance.now() - steadyStart) * speed
  return {
    now: () => epochMs(Math.round(wallStart + lived())),
    steady: () => millis(lived()),
    sleep: async (length, stop) => {
      if (stop.aborted) return
      await wait(length / speed, undefined, { signal: stop }).catch(() => undefined)
    },
  }
}
