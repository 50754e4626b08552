import { Worker } from 'node:worker_threads'
import type { Millis } from '#contract/instant.ts'

export type WatchThread = {
  /** A sign of life; to be called from the event loop that is watched. */
  beat(): void
  stop(): Promise<void>
}

/** A thread that kills this process when no beat comes for `limit`: for where no systemd watches, as in a container. */
export function startWatchThread(limit: Millis): WatchThread {
  const shared = new SharedArrayBuffer(4)
  const beats = new Int32Array(shared)
  const worker = new Worker(new URL('./watch-thread.mjs', import.meta.url), {
    workerData: { shared, limit },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  })
  worker.unref()
  return {
    beat: () => void Atomics.add(beats, 0, 1),
    stop: async () => void (await worker.terminate()),
  }
}
