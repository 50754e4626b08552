import { CompiledQuery } from 'kysely'
import { PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Clock } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { Cron, Job, JobHandler, SendOptions, WorkOptions } from './jobs.ts'

/** A queue, who works it, and the expression that fills it, if one does. */
export type Queue = WorkOptions & { readonly name: string; readonly handler: JobHandler; readonly when?: Cron }

type Deps = {
  readonly runText: Postgres['runText']
  readonly engine: 'pglite' | 'postgres'
  readonly clock: Clock
  readonly log: Log
  uuid(): string
}

const SCHEMA = 'pgboss'
/** Of each key one job waits. */
const POLICY = 'short'
const AT_ONCE = 10
const STOP_LIMIT_MS = 5000
/** A worker that dies is noticed after this and a round of supervision, a minute each. */
const HEARTBEAT_S = 60
const JOB_LIMIT_S = 600
const RETRY_MOST_S = 600

/** What is sent may be anything; the library takes objects only. A cron expression sends nothing. */
const Envelope = z.object({ data: z.unknown() }).nullish()

export type PgBossClient = ReturnType<typeof createPgBossClient>

/** The queues of pg-boss on the house's own database, in a schema of its own. */
export function createPgBossClient({ runText, engine, clock, log, uuid }: Deps) {
  let boss: PgBoss | undefined
  const names = new Set<string>()
  const opened = (): PgBoss => {
    if (boss === undefined) throw new Error('the jobs have not been opened')
    return boss
  }

  const declare = async (queues: readonly Queue[]): Promise<void> => {
    const known = new Map((await opened().getQueues()).map((queue) => [queue.name, queue]))
    const all = new Set(
      queues.flatMap(({ name, deadLetter }) => [name, ...(deadLetter === undefined ? [] : [deadLetter])]),
    )
    // First all of them, then their settings: a queue must exist before another one names it.
    for (const name of all) if (!known.has(name)) await opened().createQueue(name, { policy: POLICY })
    for (const queue of queues) {
      const settings = settingsOf(queue)
      const before = known.get(queue.name)
      if (before === undefined || differs(settings, before)) await opened().updateQueue(queue.name, settings)
    }
    for (const name of all) {
      // Read into the library's cache: inside a transaction of PGlite's only connection there is no asking.
      await opened().findJobs(name, { key: '' })
      names.add(name)
    }
  }

  const plan = async (queues: readonly Queue[]): Promise<void> => {
    const timed = queues.flatMap(({ name, when }) => (when === undefined ? [] : [{ name, when }]))
    for (const { name } of await opened().getSchedules())
      if (!timed.some((one) => one.name === name)) await opened().unschedule(name)
    for (const { name, when } of timed)
      await opened().schedule(name, when.cron, null, { tz: when.zone ?? 'UTC', missed: 'once' })
  }

  /** Side by side, each settled by itself: one that fails takes no other with it. */
  const workOff = ({ name, handler }: Queue) =>
    opened().work<unknown, undefined, { perJobResults: true; includeMetadata: true }>(
      name,
      Object.assign(
        { perJobResults: true as const, includeMetadata: true as const },
        { pollingIntervalSeconds: 1, batchSize: AT_ONCE, burstWhenBatchFull: true },
      ),
      (jobs) =>
        Promise.all(
          jobs.map(async ({ id, data, retryCount, signal }) => {
            const job: Job = { id, data: Envelope.parse(data)?.data, attempt: retryCount }
            try {
              await handler(job, signal)
              return { id, status: 'completed' as const }
            } catch (err) {
              log.warn({ err, job: name, id, attempt: retryCount }, 'job.failed')
              return { id, status: 'failed' as const, output: { reason: String(err) } }
            }
          }),
        ),
    )

  return {
    /** Makes schema and queues, when they are not there yet. */
    open: async (queues: readonly Queue[]): Promise<void> => {
      boss = new PgBoss({
        db: { executeSql: async (text, values) => ({ rows: [...(await runText(text, values)).rows] }) },
        backend: engine,
        schema: SCHEMA,
        schedule: queues.some(({ when }) => when !== undefined),
        // Rebuilding indexes and watching the vacuum is the database's operator's affair.
        reindex: false,
        monitorVacuum: false,
      })
      boss.on('error', (err) => log.warn({ err }, 'jobs.database-failed'))
      boss.on('warning', ({ message, data }) => log.warn({ message, data }, 'jobs.warning'))
      // Of two instances that make the schema at the same moment one fails, and then finds it made.
      await boss.start().catch(() => opened().start())
      await declare(queues)
      await plan(queues)
    },
    start: async (queues: readonly Queue[]): Promise<void> => {
      for (const queue of queues) await workOff(queue)
    },
    send: async (name: string, data: unknown, { db, startAfter, singletonKey }: SendOptions): Promise<void> => {
      if (!names.has(name)) throw new Error(`nobody works jobs called ${name}`)
      // Seconds from now, and not a moment: the database has a clock of its own.
      const wait = startAfter === undefined ? 0 : Math.max(0, Math.ceil((startAfter - clock.now()) / 1000))
      await opened().send(
        name,
        { data },
        {
          singletonKey: singletonKey ?? uuid(),
          ...(wait === 0 ? {} : { startAfter: wait }),
          ...(db === undefined ? {} : { db: within(db) }),
        },
      )
    },
    /** Takes no more jobs and waits for those at work; what does not end in time is tried again later. */
    stop: async (): Promise<void> => {
      await boss?.stop({ graceful: true, timeout: STOP_LIMIT_MS, close: false })
      boss = undefined
    },
  }
}

const settingsOf = ({ retryLimit = 10, deadLetter }: WorkOptions) => ({
  retryLimit,
  retryBackoff: true,
  retryDelay: 1,
  retryDelayMax: RETRY_MOST_S,
  expireInSeconds: JOB_LIMIT_S,
  heartbeatSeconds: HEARTBEAT_S,
  deadLetter: deadLetter ?? null,
})

const differs = (settings: ReturnType<typeof settingsOf>, before: WorkOptions): boolean =>
  settings.retryLimit !== before.retryLimit || settings.deadLetter !== (before.deadLetter ?? null)

/** A transaction as pg-boss takes it; its statements name their columns themselves. */
const within = (db: Db) => ({
  executeSql: async (text: string, values: readonly unknown[] = []) => ({
    rows: [...(await db.withoutPlugins().executeQuery(CompiledQuery.raw(text, [...values]))).rows],
  }),
})
