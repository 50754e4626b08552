import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { sql } from 'kysely'
import type { Clock } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { Db, Postgres } from './postgres-client.ts'
import { statementsOf } from './sql-statements.ts'

export type MigrationService = {
  /**
   * Brings the database up to date. Rejects, and changes nothing further, when a file that was applied has been edited
   * or is gone, or when a statement fails.
   */
  migrate(): Promise<void>
}

type Deps = Pick<Postgres, 'inTransaction'> & {
  readonly clock: Clock
  readonly log: Log
  /** Folder of `NNNN-name.sql`, applied in order of name. */
  readonly folder?: URL
}

type Migration = { readonly name: string; readonly text: string; readonly checksum: string }

/** Any number known to nobody else: the advisory lock that keeps two instances from migrating at once. */
const LOCK = 7_203_114_655

/** Plain SQL files, each applied once, in a transaction of its own, with its checksum recorded. */
export function createMigrationService(deps: Deps): MigrationService {
  const folder = deps.folder ?? new URL('./migrations/', import.meta.url)
  const apply = async (db: Db, migration: Migration): Promise<void> => {
    for (const statement of statementsOf(migration.text)) await sql.raw(statement).execute(db)
    const row = { name: migration.name, checksum: migration.checksum, appliedAt: deps.clock.now() }
    await db.insertInto('migrations').values(row).execute()
    deps.log.info({ migration: migration.name }, 'postgres.migrated')
  }
  return {
    migrate: async () => {
      const migrations = readMigrations(folder)
      const known = await deps.inTransaction(async (db) => {
        await lock(db)
        await sql`create table if not exists migrations
          (name text primary key, checksum text not null, applied_at bigint not null)`.execute(db)
        const applied = await appliedOf(db)
        refuseChanged(applied, migrations)
        return applied
      })
      for (const migration of migrations.filter(({ name }) => !known.has(name))) {
        await deps.inTransaction(async (db) => {
          await lock(db)
          if (!(await appliedOf(db)).has(migration.name)) await apply(db, migration)
        })
      }
    },
  }
}

const lock = (db: Db) => sql`select pg_advisory_xact_lock(${LOCK}::bigint)`.execute(db)

const appliedOf = async (db: Db): Promise<ReadonlyMap<string, string>> =>
  new Map((await db.selectFrom('migrations').selectAll().execute()).map((row) => [row.name, row.checksum]))

function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

function refuseChanged(applied: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]))
  for (const [name, checksum] of applied) {
    if (!known.has(name)) throw new Error(`migration ${name} was applied to this database but its file is missing`)
    if (known.get(name) !== checksum) throw new Error(`migration ${name} was edited after it had been applied`)
  }
}
