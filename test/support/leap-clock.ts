import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { systemClock } from './system-clock.ts'

/** The machine's own clock that also leaps ahead when told to; sleeps take a part of their time, so that sweeps come sooner. */
export type LeapClock = Clock & { leap(length: number): void }

export function createLeapClock(hurry = 10): LeapClock {
  let ahead = 0
  return {
    now: () => epochMs(systemClock.now() + ahead),
    steady: () => millis(systemClock.steady() + ahead),
    sleep: (length, stop) => systemClock.sleep(millis(Math.max(5, length / hurry)), stop),
    leap: (length) => {
      ahead += length
    },
  }
}
