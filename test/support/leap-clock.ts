import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { systemClock } from './system-clock.ts'

/** The machine's own clock that also leaps ahead when told to; sleeps take a tenth, so that sweeps come sooner. */
export type LeapClock = Clock & { leap(length: number): void }

export function createLeapClock(): LeapClock {
  let ahead = 0
  return {
    now: () => epochMs(systemClock.now() + ahead),
    steady: () => millis(systemClock.steady() + ahead),
    sleep: (length, stop) => systemClock.sleep(millis(Math.max(5, length / 10)), stop),
    leap: (length) => {
      ahead += length
    },
  }
}
