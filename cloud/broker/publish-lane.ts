import type { Millis } from '#contract/instant.ts'

type Done = (error?: Error) => void
type Job = {
  readonly work: (done: Done) => void
  readonly done: Done
  readonly since: Millis
  settled: boolean
}

/** Publishes of one client on their way to the disk. */
export type PublishLane = {
  /** Runs `work` as soon as a place is free; calls `done` once, with an error if it failed, was late or is too many. */
  run(work: (done: Done) => void, done: Done, now: Millis): void
  /** If anything began before `moment`, gives up all of it, for its connection is lost anyway; answers how many. */
  giveUpBefore(moment: Millis): number
}

/**
 * One client may have `width` publishes in the journal's queue; `depth` more wait behind them, and the one beyond closes
 * the connection. Keeps one busy client from filling the queue of all.
 */
export function createPublishLane(width: number, depth: number): PublishLane {
  const running = new Set<Job>()
  const waiting: Job[] = []
  const settle = (job: Job, error?: Error): void => {
    if (job.settled) return
    job.settled = true
    running.delete(job)
    job.done(error)
    const next = waiting.shift()
    if (next !== undefined) begin(next)
  }
  const begin = (job: Job): void => {
    running.add(job)
    try {
      job.work((error) => settle(job, error))
    } catch (cause) {
      settle(job, cause instanceof Error ? cause : new Error(String(cause)))
    }
  }
  return {
    run: (work, done, now) => {
      const job = { work, done, since: now, settled: false }
      // A place may be free for a moment while another waits for it: nobody overtakes.
      if (running.size < width && waiting.length === 0) return begin(job)
      if (waiting.length >= depth) return done(new Error('too many publishes in flight'))
      waiting.push(job)
    },
    giveUpBefore: (moment) => {
      const all = [...running, ...waiting]
      if (!all.some((job) => job.since < moment)) return 0
      waiting.length = 0
      for (const job of all) settle(job, new Error('not durable in time'))
      return all.length
    },
  }
}
