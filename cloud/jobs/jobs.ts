import type { EpochMs, Millis } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'

/** A cron expression of five fields; `zone` is an IANA name, default UTC. A turn missed while all were down is made up once. */
export type Cron = { readonly cron: string; readonly zone?: string }

export type Job = {
  readonly id: string
  /** What `send` was given, through JSON: parse it. */
  readonly data: unknown
  /** 0 at first; rises with each retry. */
  readonly attempt: number
}

/** Works one job off. What it rejects with is logged, and the job is tried again. May see a job twice: after a crash. */
export type JobHandler = (job: Job, stop: AbortSignal) => Promise<void>

export type WorkOptions = {
  /** How often a failed job is tried again, ever later (1 s, 2 s, 4 s … 10 min); default 10. */
  readonly retryLimit?: number
  /** Queue that takes what failed for good; it is made, and somebody should work it. Default: kept as failed for a week. */
  readonly deadLetter?: string
}

export type SendOptions = {
  /** The caller's transaction: the job exists if and only if that commits. */
  readonly db?: Db
  /** Not before this moment, by the injected clock. */
  readonly startAfter?: EpochMs
  /** While a job with this key waits, another one is not added. */
  readonly singletonKey?: string
}

/**
 * Durable work on the SQL database, shared by all cloud instances. Jobs wake and carry effects; when business is due stands
 * in rows of its own and is swept, so that tests turn time by hand. `every`, `alone` and `work` are declared before `open`.
 */
export type Jobs = {
  /** Runs again and again, on one instance at a time; after a failure the next turn comes as if it had succeeded. */
  every(name: string, when: Millis | Cron, handler: (stop: AbortSignal) => Promise<void>): void
  /** A loop that only one instance may run at a time; it moves to another when this one dies or loses the database. */
  alone(name: string, loop: (stop: AbortSignal) => Promise<void>): void
  work(name: string, handler: JobHandler, options?: WorkOptions): void
  /** Resolves when the job is stored (with `db`: once that commits). Rejects for a name that nobody declared. */
  send(name: string, data: unknown, options?: SendOptions): Promise<void>
}
