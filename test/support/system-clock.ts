import { type Clock, epochMs, millis } from '#contract/instant.ts'

/** The machine's own clock, for tests that speak to real sockets, ports and servers. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: (length, stop) =>
    new Promise((done) => {
      if (stop.aborted) return done()
      const timer = setTimeout(done, length)
      stop.addEventListener('abort', () => {
        clearTimeout(timer)
        done()
      })
    }),
}
