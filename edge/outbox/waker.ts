import type { Clock, Millis } from '#contract/instant.ts'

/** Lets a loop sleep until something is there to do, or until a time has passed. A wake during work is not lost. */
export type Waker = {
  wake(): void
  wait(atMost: Millis, stop: AbortSignal): Promise<void>
}

export function createWaker(clock: Clock): Waker {
  let rung = false
  let ring: (() => void) | undefined
  return {
    wake: () => {
      rung = true
      ring?.()
    },
    wait: async (atMost, stop) => {
      if (!rung && !stop.aborted) {
        const over = new AbortController()
        const end = (): void => over.abort()
        ring = end
        stop.addEventListener('abort', end, { once: true })
        await clock.sleep(atMost, over.signal)
        stop.removeEventListener('abort', end)
        ring = undefined
      }
      rung = false
    },
  }
}
