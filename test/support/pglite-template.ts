import { createHash, randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMigrationService } from '../../cloud/postgres/migration-service.ts'
import { createPostgres } from '../../cloud/postgres/postgres-client.ts'
import { createManualClock } from './manual-clock.ts'
import { silentLog } from './silent-log.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const MIGRATIONS = join(ROOT, 'cloud/postgres/migrations')
const CACHE = join(ROOT, 'node_modules/.cache/kordon')

/** A new database takes seconds to be made and its copy a moment: it is made once for each state of the migrations. */
const nameOf = (migrated: boolean): string => {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'node_modules/@electric-sql/pglite/package.json')))
  if (migrated)
    for (const file of readdirSync(MIGRATIONS).toSorted())
      hash.update(file).update(readFileSync(join(MIGRATIONS, file)))
  return `pglite-${migrated ? 'migrated' : 'empty'}-${hash.digest('hex').slice(0, 16)}`
}

async function make(folder: string, migrated: boolean): Promise<void> {
  const postgres = createPostgres({ databaseUrl: undefined, dataDir: folder, log: silentLog })
  try {
    const { inTransaction } = postgres
    if (migrated) await createMigrationService({ inTransaction, clock: createManualClock(), log: silentLog }).migrate()
    else await inTransaction(async () => {})
  } finally {
    await postgres.close()
  }
}

/** Puts the files of a new PGlite database, empty or with the house's migrations applied, into a data folder that has none. */
export async function seedPglite(dataDir: string, state: 'empty' | 'migrated'): Promise<void> {
  const target = join(dataDir, 'pglite')
  if (existsSync(target)) return
  const template = join(CACHE, nameOf(state === 'migrated'))
  if (!existsSync(template)) {
    // Beside the place, then moved: of several test processes that make it at once, one wins.
    const own = join(CACHE, `making-${randomUUID()}`)
    mkdirSync(own, { recursive: true })
    await make(own, state === 'migrated')
    try {
      renameSync(join(own, 'pglite'), template)
    } catch (err) {
      if (!existsSync(template)) throw err
    } finally {
      rmSync(own, { recursive: true, force: true })
    }
  }
  mkdirSync(dataDir, { recursive: true })
  cpSync(template, target, { recursive: true })
}
