import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMigrationService } from '../../../cloud/postgres/migration-service.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

// Each test starts an embedded database of its own.
vi.setConfig({ testTimeout: 120_000 })
afterAll(stopSqlServer)

describe.each(sqlKinds())('migrations on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let folder: string
  beforeEach(async () => {
    database = await createSqlDatabase(kind)
    await database.seed('empty')
    postgres = database.open()
    folder = mkdtempSync(join(tmpdir(), 'kordon-migrations-'))
    writeFileSync(join(folder, '0001-cars.sql'), 'create table cars (n bigint); insert into cars values (7);')
  })
  afterEach(async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const migrate = (through = postgres) =>
    createMigrationService({
      inTransaction: through.inTransaction,
      clock: createManualClock(),
      log: silentLog,
      folder: pathToFileURL(`${folder}/`),
    }).migrate()
  const numbers = async () =>
    (await sql<{ n: number }>`select n from cars`.execute(postgres.db)).rows.map((row) => row.n)

  test('each file is applied once, and a later one is added', async () => {
    await migrate()
    writeFileSync(join(folder, '0002-more.sql'), 'insert into cars values (8);')
    await migrate()
    await migrate()
    expect(await numbers()).toEqual([7, 8])
  })

  test('an edited file is refused by name', async () => {
    await migrate()
    writeFileSync(join(folder, '0001-cars.sql'), 'create table cars (n text);')
    await expect(migrate()).rejects.toThrow('migration 0001-cars.sql was edited after it had been applied')
  })

  test('a file that is gone is refused by name', async () => {
    await migrate()
    rmSync(join(folder, '0001-cars.sql'))
    await expect(migrate()).rejects.toThrow('migration 0001-cars.sql was applied to this database')
  })

  test('a file that fails halfway leaves nothing behind', async () => {
    await migrate()
    writeFileSync(join(folder, '0002-broken.sql'), 'insert into cars values (8); insert into nowhere values (1);')
    await expect(migrate()).rejects.toThrow('nowhere')
    expect(await numbers()).toEqual([7])
  })

  test('two instances that start at once apply each file once', async () => {
    const other = kind === 'PostgreSQL' ? database.open() : postgres
    await Promise.all([migrate(), migrate(other)])
    expect(await numbers()).toEqual([7])
  })

  test('the house’s own migrations run, and run again without effect', async () => {
    await migrated({ ...database, open: () => postgres })
    await migrated({ ...database, open: () => postgres })
    expect(await postgres.db.selectFrom('vehicles').selectAll().execute()).toEqual([])
  })

  test('a transaction that rejects leaves nothing behind', async () => {
    await migrate()
    const failing = postgres.inTransaction(async (db) => {
      await sql`insert into cars values (9)`.execute(db)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await numbers()).toEqual([7])
  })
})

test('a second process on one PGlite folder is refused before it can do harm', async () => {
  const database = await createSqlDatabase('PGlite')
  const first = await migrated(database)
  const second = database.open()
  await expect(second.db.selectFrom('vehicles').selectAll().execute()).rejects.toThrow('already open')
  expect(await first.db.selectFrom('vehicles').selectAll().execute()).toEqual([])
  await first.close()
  const third = database.open()
  expect(await third.db.selectFrom('vehicles').selectAll().execute()).toEqual([])
  await database.close()
})

test('a process that holds the folder keeps others out until it is gone, however it ends', async () => {
  const database = await createSqlDatabase('PGlite')
  await database.seed()
  const client = new URL('../../../cloud/postgres/postgres-client.ts', import.meta.url).href
  const script = `import { createPostgres } from '${client}'
    import { sql } from 'kysely'
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const { db } = createPostgres({ dataDir: ${JSON.stringify(database.dataDir)}, log })
    await sql\`select 1\`.execute(db)
    console.log('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname })
  await once(child.stdout, 'data')
  await expect(database.open().db.selectFrom('migrations').selectAll().execute()).rejects.toThrow('already open')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const postgres = await migrated(database)
  expect(await postgres.db.selectFrom('vehicles').selectAll().execute()).toEqual([])
  await database.close()
})
