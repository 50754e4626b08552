import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import { CamelCasePlugin, type Dialect, Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Log } from '../log.ts'
import type { Tables } from './tables.ts'

/** A database or a transaction of it: stores take either. */
export type Db = Kysely<Tables>

export type Postgres = {
  readonly db: Db
  /** Commits when `work` resolves, rolls back when it rejects. Within `work` only the given `db` may be used. */
  inTransaction<Result>(work: (db: Db) => Promise<Result>): Promise<Result>
  /**
   * For a library that brings SQL of its own: one statement with values, or several without, on a connection that nobody
   * else uses meanwhile. What fails leaves no transaction open.
   */
  runText(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>
  close(): Promise<void>
}

export type Patience = {
  /** So long a connection may be at work before the server is asked whether it lives; then again and again. */
  readonly askAfterMs: number
  /** A server that lives takes a new connection and answers on it within this. */
  readonly answerMs: number
  /** A free connection is waited for so long, and so is a new one. */
  readonly freeMs: number
}

export type PostgresSettings = {
  /** `postgres://…`; absent, PGlite keeps its files in `dataDir/pglite`. */
  readonly databaseUrl?: string | undefined
  readonly dataDir: string
  readonly log: Log
  /** With a PostgreSQL that may be silent. */
  readonly patience?: Patience
}

/**
 * One SQL database behind one dialect: PostgreSQL, or embedded PGlite. Opens at the first query. PGlite never syncs to
 * disk, so a power cut may cost its last commits: what was acknowledged must also be in a journal.
 */
export function createPostgres(settings: PostgresSettings): Postgres {
  const { databaseUrl } = settings
  const outside = databaseUrl === undefined ? embedded(settings) : connected(databaseUrl, settings)
  const db = new Kysely<Tables>({
    dialect: outside.dialect,
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
  return {
    db,
    inTransaction: (work) => db.transaction().execute(work),
    runText: (text, values = []) => outside.runText(db, text, [...values]),
    close: async () => {
      await db.destroy()
      outside.release()
    },
  }
}

type Outside = {
  readonly dialect: Dialect
  readonly release: () => void
  readonly runText: (db: Db, text: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
}

function embedded({ dataDir, log }: PostgresSettings): Outside {
  let unlock = () => {}
  let opened: PGlite | undefined
  const open = async () => {
    mkdirSync(dataDir, { recursive: true })
    unlock = lockFolder(dataDir)
    opened = await PGlite.create({ dataDir: join(dataDir, 'pglite') })
    log.info({ dataDir }, 'postgres.embedded')
    return opened
  }
  return {
    dialect: new PGliteDialect({ pglite: open }),
    // There is one connection, and holding it keeps us out of the transactions of others.
    runText: (db, text, values) =>
      db.connection().execute(async () => {
        if (opened === undefined) throw new Error('the embedded database is not open')
        if (values.length > 0) return opened.query(text, values)
        try {
          return { rows: (await opened.exec(text)).flatMap(({ rows }) => rows) }
        } catch (cause) {
          await opened.exec('rollback').catch(() => {})
          throw cause
        }
      }),
    release: () => {
      unlock()
      unlock = () => {}
    },
  }
}

/**
 * Two processes on one PGlite folder destroy it, and its own postmaster.pid proves nothing after a crash. A held SQLite
 * transaction is a lock that the operating system drops with the process.
 */
function lockFolder(dataDir: string): () => void {
  const lock = new DatabaseSync(join(dataDir, 'pglite.lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new Error(`the database in ${dataDir} is already open in another process`, { cause })
  }
  return () => lock.close()
}

function connected(databaseUrl: string, { log, patience = PATIENCE }: PostgresSettings): Outside {
  const pool = createPool(databaseUrl, log, patience)
  return {
    dialect: new PostgresDialect({ pool }),
    release: () => {},
    runText: async (_, text, values) => {
      const client = await pool.connect()
      try {
        // Several statements have several answers.
        return { rows: [await client.query(text, values)].flat().flatMap(({ rows }) => rows ?? []) }
      } catch (cause) {
        await client.query('rollback').catch(() => {})
        throw cause
      } finally {
        client.release()
      }
    },
  }
}

/** Together less than the quarter of a minute in which whoever asks wants to hear something. */
const PATIENCE: Patience = { askAfterMs: 5000, answerMs: 8000, freeMs: 10_000 }

/**
 * Ten connections. A server that is stopped, or behind a dead line, neither answers nor fails: what is at work there
 * fails within 13 s, what waits for a connection within 10 s. A slow answer of a server that lives is waited for.
 */
function createPool(connectionString: string, log: Log, patience: Patience): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 10,
    connectionTimeoutMillis: patience.freeMs,
    types: { getTypeParser },
  })
  // An idle connection that breaks is replaced by the pool; unheard, its error would end the process.
  pool.on('error', (err) => log.warn({ err }, 'postgres.connection-lost'))
  // The pool hears idle connections only; one that breaks while in use fails its query, and says so once more.
  pool.on('connect', (client) => client.on('error', () => {}))

  let asking: Promise<boolean> | undefined
  const lives = (): Promise<boolean> => {
    asking ??= answers(connectionString, patience.answerMs).finally(() => {
      asking = undefined
    })
    return asking
  }
  const atWork = new Map<pg.PoolClient, NodeJS.Timeout>()
  const watch = (client: pg.PoolClient): void => {
    const timer = setTimeout(async () => {
      const isAlive = await lives()
      if (atWork.get(client) !== timer) return
      if (isAlive) return watch(client)
      log.warn({}, 'postgres.silent')
      client.connection.stream.destroy()
    }, patience.askAfterMs)
    timer.unref()
    atWork.set(client, timer)
  }
  const leave = (client: pg.PoolClient): void => {
    clearTimeout(atWork.get(client))
    atWork.delete(client)
  }
  pool.on('acquire', watch)
  pool.on('release', (_, client) => leave(client))
  pool.on('remove', leave)
  return pool
}

/** Also true for one that answers by a refusal, such as of too many connections. */
async function answers(connectionString: string, withinMs: number): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: withinMs, query_timeout: withinMs })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (cause) {
    return cause instanceof pg.DatabaseError
  } finally {
    client.connection.stream.destroy()
  }
}

const INT8 = 20

/** Times and counters are bigint and stay below 2^53; PGlite reads them as numbers too. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format)
