import type { Millis } from '#contract/instant.ts'

type Done = (error?: Error) => void
type Job = {
  readonly work: (done: Done) => void
  readonly done: Done
  readonly since: Millis
  /** Publishes in it. */
  readonly weight: number
  settled: boolean
}

/** Publishes of one client on their way to the disk. */
export type PublishLane = {
  /**
   * Runs `work` as soon as there is room for its `weight` of publishes (1 unless said); calls `done` once, with an error if
   * it failed, was late or is too many.
   */
  run(work: (done: Done) => void, done: Done, now: Millis, weight?: number): void
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
  let atWork = 0
  let behind = 0
  const fits = ({ weight }: Job): boolean => atWork === 0 || atWork + weight <= width
  const settle = (job: Job, error?: Error): void => {
    if (job.settled) return
    job.settled = true
    if (running.delete(job)) atWork -= job.weight
    job.done(error)
    for (let next = waiting[0]; next !== undefined && fits(next); next = waiting[0]) {
      waiting.shift()
      behind -= next.weight
      begin(next)
    }
  }
  const begin = (job: Job): void => {
    running.add(job)
    atWork += job.weight
    try {
      job.work((error) => settle(job, error))
    } catch (cause) {
      settle(job, cause instanceof Error ? cause : new Error(String(cause)))
    }
  }
  return {
    run: (work, done, now, weight = 1) => {
      const job = { work, done, since: now, weight, settled: false }
      // A place may be free for a moment while another waits for it: nobody overtakes.
      if (waiting.length === 0 && fits(job)) return begin(job)
      if (behind + weight > depth) return done(new Error('too many publishes in flight'))
      behind += weight
      waiting.push(job)
    },
    giveUpBefore: (moment) => {
      const all = [...running, ...waiting]
      if (!all.some((job) => job.since < moment)) return 0
      waiting.length = 0
      behind = 0
      for (const job of all) settle(job, new Error('not durable in time'))
      return all.reduce((sum, { weight }) => sum + weight, 0)
    },
  }
}
