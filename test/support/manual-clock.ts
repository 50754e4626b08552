import { type Clock, type EpochMs, epochMs, type Millis, millis } from '#contract/instant.ts'

/** A clock that moves only when told to; sleepers wake in order of their moment. */
export type ManualClock = Clock & {
  /** Moves both readings and wakes every sleeper that is due, letting each run before the next. */
  advance(length: number): Promise<void>
  /** Moves the wall clock only, as NTP or a hand would. */
  jumpWall(by: number): void
}

type Sleeper = { readonly due: number; readonly wake: () => void }

const settle = async (): Promise<void> => {
  for (let round = 0; round < 8; round += 1) await new Promise<void>((done) => setImmediate(done))
}

export function createManualClock(start = 1_795_289_123_456): ManualClock {
  let steady = 1000
  let offset = start - steady
  let sleepers: Sleeper[] = []
  return {
    now: (): EpochMs => epochMs(steady + offset),
    steady: (): Millis => millis(steady),
    sleep: (length, stop) =>
      new Promise((done) => {
        if (stop.aborted) return done()
        const sleeper = { due: steady + length, wake: done }
        sleepers.push(sleeper)
        stop.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          done()
        })
      }),
    jumpWall: (by) => {
      offset += by
    },
    advance: async (length) => {
      const until = steady + length
      for (;;) {
        const next = sleepers.filter((sleeper) => sleeper.due <= until).sort((a, b) => a.due - b.due)[0]
        if (next === undefined) break
        steady = Math.max(steady, next.due)
        sleepers = sleepers.filter((sleeper) => sleeper !== next)
        next.wake()
        await settle()
      }
      steady = until
      await settle()
    },
  }
}
