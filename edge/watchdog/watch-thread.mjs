// The watching thread. Plain JavaScript, because stripping types would cost the thread more memory than all the rest of
// it. It shares four bytes with the process and nothing else, so nothing that hangs the one hangs the other.
import { setTimeout as wait } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'

const { shared, limit } = workerData
const beats = new Int32Array(shared)
let last = Atomics.load(beats, 0)
let since = performance.now()
for (;;) {
  await wait(Math.min(1000, limit / 4))
  const now = Atomics.load(beats, 0)
  if (now !== last) {
    last = now
    since = performance.now()
  } else if (performance.now() - since > limit) process.kill(process.pid, 'SIGKILL')
}
