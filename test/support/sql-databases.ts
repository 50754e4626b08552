import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { createMigrationService } from '../../cloud/postgres/migration-service.ts'
import { createPostgres, type Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createManualClock } from './manual-clock.ts'
import { seedPglite } from './pglite-template.ts'
import { requireReal, startPostgres } from './real-servers.ts'
import { silentLog } from './silent-log.ts'

export type SqlKind = 'PGlite' | 'PostgreSQL'

/** PGlite always; PostgreSQL when the machine has it (its absence fails the run under KORDON_REQUIRE_REAL=1). */
export const sqlKinds = (): readonly SqlKind[] => (requireReal('postgresql') ? ['PGlite', 'PostgreSQL'] : ['PGlite'])

/** An empty database of its own; `close` removes it.. */
export type SqlDatabase = {
  readonly dataDir: string
  open(): Postgres
  /** Before the first `open`: as the house's migrations leave it, or empty; faster than making it. */
  seed(state?: 'empty'): Promise<void>
  close(): Promise<void>
}

type Server = Awaited<ReturnType<typeof startPostgres>>
let server: Promise<Server> | undefined
let databases = 0

async function emptyDatabase(): Promise<string> {
  server ??= startPostgres()
  const { url } = await server
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  databases += 1
  const name = `kordon_${databases}`
  await client.query(`create database ${name}`)
  await client.end()
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

export async function createSqlDatabase(kind: SqlKind): Promise<SqlDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-sql-'))
  const databaseUrl = kind === 'PostgreSQL' ? await emptyDatabase() : undefined
  const opened: Postgres[] = []
  return {
    dataDir,
    seed: async (state) => (kind === 'PGlite' ? seedPglite(dataDir, state ?? 'migrated') : undefined),
    open: () => {
      const postgres = createPostgres({ databaseUrl, dataDir, log: silentLog })
      opened.push(postgres)
      return postgres
    },
    close: async () => {
      for (const postgres of opened) await postgres.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Opened and brought up to date with the house's own migrations. */
export async function migrated(database: SqlDatabase): Promise<Postgres> {
  await database.seed()
  const postgres = database.open()
  const clock = createManualClock()
  await createMigrationService({ inTransaction: postgres.inTransaction, clock, log: silentLog }).migrate()
  return postgres
}

/** Call in afterAll: ends the PostgreSQL server that this test file started, if any. */
export async function stopSqlServer(): Promise<void> {
  await (await server)?.stop()
  server = undefined
}

/** Takes every row out of every table but what the migrations put there, as if it had just been migrated: faster than another database. */
export async function emptied({ db, runText }: Postgres): Promise<void> {
  const found = await sql<{ name: string }>`select tablename as name from pg_tables
    where schemaname = 'public' and tablename not in ('migrations', 'parks')`.execute(db)
  const looks = found.rows.map(({ name }) => sql`select ${name} as name where exists (select from ${sql.table(name)})`)
  const filled = await sql<{ name: string }>`${sql.join(looks, sql` union all `)}`.execute(db)
  if (filled.rows.length === 0) return
  // Truncating would write every table and index anew. As a replica: no foreign key and no trigger keeps a row.
  const deletes = filled.rows.map(({ name }) => `delete from "${name}"`)
  await runText(`begin; set local session_replication_role = replica; ${deletes.join('; ')}; commit`)
}
