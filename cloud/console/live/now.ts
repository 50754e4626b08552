import { useSyncExternalStore } from 'react'
import { serverNow } from '../api/server-clock.ts'

/** One interval for all the ages on screen, so that they step together and a hidden page costs nothing. */
const listeners = new Set<() => void>()
let timer: number | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= window.setInterval(() => {
    for (const call of listeners) call()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

/** The server's time in epoch ms, stepping every `stepS` seconds. */
export function useNow(stepS = 1): number {
  const step = stepS * 1000
  return useSyncExternalStore(subscribe, () => Math.floor(serverNow() / step) * step)
}
