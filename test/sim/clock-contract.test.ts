import { describe, expect, test } from 'vitest'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { createFastClock } from '../support/fast-clock.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { systemClock } from '../support/system-clock.ts'
import { createEventQueue } from './event-queue.ts'
import { START_OF_TIME } from './world.ts'

type Ticking = {
  readonly clock: Clock
  /** Lets time go on until this has happened. */
  until<Result>(done: Promise<Result>): Promise<Result>
  /** As NTP or a hand would; absent where the machine's own wall clock is read. */
  jumpWall?(by: number): void
}

const real = (clock: Clock): Ticking => ({ clock, until: (done) => done })

function byHand(): Ticking {
  const clock = createManualClock()
  return {
    clock,
    jumpWall: clock.jumpWall,
    until: async (done) => {
      let isDone = false
      void done.finally(() => {
        isDone = true
      })
      while (!isDone) await clock.advance(1)
      return done
    },
  }
}

/** The order of a simulated run: (moment, sequence). */
function byTheQueue(): Ticking {
  const queue = createEventQueue()
  let [time, wall] = [0, START_OF_TIME]
  return {
    clock: {
      now: () => epochMs(wall + time),
      steady: () => millis(time),
      sleep: (length, stop) =>
        new Promise((done) => {
          if (stop.aborted) return done()
          queue.push(time + length, done)
          stop.addEventListener('abort', () => done())
        }),
    },
    jumpWall: (by) => {
      wall += by
    },
    until: async (done) => {
      let isDone = false
      void done.finally(() => {
        isDone = true
      })
      for (let round = 0; round < 1000 && !isDone; round += 1) {
        await new Promise<void>((turn) => setImmediate(turn))
        const next = isDone ? undefined : queue.pop()
        if (next === undefined) continue
        time = next.at
        next.run()
      }
      return done
    },
  }
}

const never = new AbortController().signal

/** What every loop relies on, asked of each clock that a loop is ever given. */
describe.each([
  { name: 'the machine’s', open: () => real(systemClock) },
  { name: 'the demo’s, forty times as fast', open: () => real(createFastClock(40)) },
  { name: 'the one turned by hand', open: byHand },
  { name: 'the simulator’s', open: byTheQueue },
])('a clock: $name', ({ open }) => {
  test('nobody wakes before his time, and sleepers wake in the order of their moments', async () => {
    const { clock, until } = open()
    const from = clock.steady()
    const woken: { readonly length: number; readonly after: number }[] = []
    const sleep = async (length: number): Promise<void> => {
      await clock.sleep(millis(length), never)
      woken.push({ length, after: clock.steady() - from })
    }
    await until(Promise.all([sleep(1600), sleep(400), sleep(40), sleep(800)]))
    expect(woken.map(({ length }) => length)).toEqual([40, 400, 800, 1600])
    // A timer may fire a fraction of a millisecond early, forty of which are lived at forty times the speed.
    for (const { length, after } of woken) expect(after).toBeGreaterThanOrEqual(length - 41)
  })

  test('a stop wakes at once, and one that was told before does not sleep at all', async () => {
    const { clock, until } = open()
    const stop = new AbortController()
    const sleeping = clock.sleep(millis(1e8), stop.signal)
    stop.abort()
    await until(sleeping)
    await until(clock.sleep(millis(1e8), stop.signal))
    expect(stop.signal.aborted).toBe(true)
  })

  test('the steady reading never goes back, whatever becomes of the wall', async () => {
    const { clock, until, jumpWall } = open()
    let last = clock.steady()
    for (const by of [-3_600_000, 7_200_000, -1_795_000_000_000]) {
      const wall = clock.now()
      jumpWall?.(by)
      if (jumpWall !== undefined) expect(clock.now() - wall).toBe(by)
      await until(clock.sleep(millis(20), never))
      expect(clock.steady()).toBeGreaterThan(last)
      last = clock.steady()
    }
  })
})
