import { type Clock, epochMs, millis } from '#contract/instant.ts'

/** The machine's clock, `speed` times faster from now on: minutes of waiting pass in seconds of a test. */
export function createFastClock(speed: number): Clock {
  const wallStart = Date.now()
  const start = performance.now()
  const lived = (): number => (performance.now() - start) * speed
  return {
    now: () => epochMs(Math.round(wallStart + lived())),
    steady: () => millis(lived()),
    sleep: (length, stop) =>
      new Promise((done) => {
        if (stop.aborted) return done()
        const timer = setTimeout(over, length / speed)
        function over(): void {
          stop.removeEventListener('abort', over)
          clearTimeout(timer)
          done()
        }
        stop.addEventListener('abort', over)
      }),
  }
}
