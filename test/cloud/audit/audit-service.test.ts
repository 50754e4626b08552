import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { type Audit, createAudit } from '../../../cloud/audit/app.ts'
import type { AuditWord } from '../../../cloud/audit/entry.ts'
import { append, EMPTY, isConsistent, isIncluded } from '../../../cloud/audit/merkle.ts'
import { verifyExport } from '../../../cloud/cli/audit-verify.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { sha256 } from '../../support/audit-file.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { shippedFields } from '../../support/shipped-fields.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, emptied, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

let database: SqlDatabase
let postgres: Postgres
let audit: Audit
let place: string
const clock = createManualClock()
const world = { clock, log: silentLog, uuid: () => randomUUID(), randomBytes: (length: number) => randomBytes(length) }
const openAudit = (dataDir: string) =>
  createAudit({
    ...postgres,
    world,
    dataDir,
    database: 'embedded',
    checkpointDir: join(dataDir, 'elsewhere'),
    checkpointWebhook: undefined,
    fieldsOf: shippedFields,
  })
/** From now on the file of leaves takes nothing, as on a full disk; the answer takes that back. */
function fillDisk(): () => void {
  const file = new DatabaseSync(join(place, 'audit', 'leaves.sqlite'))
  file.exec(`CREATE TRIGGER full BEFORE INSERT ON leaves BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
  return () => {
    file.exec('DROP TRIGGER full')
    file.close()
  }
}
const journaledPositions = (): number[] => {
  const file = new DatabaseSync(join(place, 'audit', 'leaves.sqlite'), { readOnly: true })
  const rows = file.prepare('SELECT position FROM leaves ORDER BY position').all()
  file.close()
  return rows.map((row) => Number(row['position']))
}
/** What a power cut can do to the embedded database: its last commits are not there. */
async function loseAllButFirst(count: number): Promise<void> {
  await sql`delete from audit_entries where position >= ${count}`.execute(postgres.db)
  await sql`delete from audit_nodes`.execute(postgres.db)
  const hashes = await sql<{ hash: string }>`select hash from audit_entries order by position`.execute(postgres.db)
  const head = hashes.rows.reduce((tree, { hash }) => append(sha256, tree, hash).frontier, EMPTY)
  await sql`update audit_head set size = ${head.size}, peaks = ${JSON.stringify(head.peaks)}::jsonb`.execute(
    postgres.db,
  )
}
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
}, 120_000)
beforeEach(async () => {
  await emptied(postgres)
  place = join(database.dataDir, randomUUID())
  audit = openAudit(place)
  await audit.open()
})
afterAll(async () => {
  audit.close()
  await database.close()
})

const DRIVER = '0d0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21'
const word = (n: number, more: Partial<AuditWord> = {}): AuditWord => ({
  source: `test:${n}`,
  at: epochMs(1_770_000_000_000 + n),
  kind: 'request',
  by: { kind: 'user', id: 'u1' },
  subjects: [DRIVER],
  data: { n, note: `about Ivan ${n}` },
  ...more,
})
const words = (count: number) => Array.from({ length: count }, (_, n) => word(n))
const exported = async (): Promise<string> => {
  const file = join(place, 'export.jsonl')
  writeFileSync(file, '')
  for await (const text of audit.service.exported()) appendFileSync(file, text)
  return file
}
const key = () => join(place, 'audit', 'audit.pub.pem')

describe('the record', () => {
  test('takes each fact once, however often and in however many transactions it is told', async () => {
    await audit.service.tell(words(5))
    await audit.service.advance()
    await audit.service.tell(words(7))
    await audit.service.tell(words(7))
    await audit.service.advance()
    const found = await audit.service.list({ limit: 100 })
    expect(found.map(({ entry }) => entry.source)).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `test:${n}`))
    expect(found.map(({ entry }) => entry.position)).toEqual([6, 5, 4, 3, 2, 1, 0])
  })

  test('what a transaction told and took back never happened', async () => {
    const failed = postgres.inTransaction(async (within) => {
      await audit.service.record(within, [word(1)])
      throw new Error('taken back')
    })
    await expect(failed).rejects.toThrow('taken back')
    await audit.service.advance()
    expect(await audit.service.list({ limit: 10 })).toEqual([])
  })

  test('is filtered by kind, person, subject and time, page by page', async () => {
    await audit.service.tell([...words(4), word(9, { kind: 'look', by: { kind: 'user', id: 'u2' }, subjects: ['x'] })])
    await audit.service.advance()
    const sources = async (query: object) =>
      (await audit.service.list({ limit: 10, ...query })).map(({ entry }) => entry.source)
    expect(await sources({ kind: 'look' })).toEqual(['test:9'])
    expect(await sources({ by: 'u2' })).toEqual(['test:9'])
    expect(await sources({ about: DRIVER, before: 2 })).toEqual(['test:1', 'test:0'])
    expect(await sources({ from: epochMs(1_770_000_000_002), to: epochMs(1_770_000_000_004) })).toEqual([
      'test:3',
      'test:2',
    ])
  })

  test('every step of an order is on record by the database itself', async () => {
    const [vehicle, order] = [randomUUID(), randomUUID()]
    await sql`insert into vehicles (id, plate, model, created_at) values (${vehicle}, 'А001АА77', 'Haval', 0)`.execute(
      postgres.db,
    )
    await sql`insert into gateways (id, vehicle_id, created_at, created_by) values ('gw-aaaaaaaa', ${vehicle}, 0, 'x')`.execute(
      postgres.db,
    )
    await sql`insert into orders (id, vehicle_id, gateway_id, action, reasons, requested_by, issued_at, state, state_at, state_by, approvals)
      values (${order}, ${vehicle}, 'gw-aaaaaaaa', 'unblock', '[]', 'x', 0, 'created', 0, 'cloud', '[]')`.execute(
      postgres.db,
    )
    await sql`insert into order_steps (order_id, state, at, reason, said_by, vehicle_id, evidence)
      values (${order}, 'verified', 5, '', 'gateway', ${vehicle}, '{"speedKmh":0}')`.execute(postgres.db)
    await audit.service.advance()
    const [step] = await audit.service.list({ about: order, limit: 10 })
    expect(step?.entry.kind).toBe('order')
    expect(step?.data).toMatchObject({ state: 'verified', evidence: { speedKmh: 0 } })
  })
})

describe('proof', () => {
  test('an export verifies offline, and an entry changed in the database makes it fail', async () => {
    await audit.service.tell(words(150))
    await audit.service.advance()
    const verified = await verifyExport(await exported(), { key: key() })
    expect(verified.entries).toBe(150)
    await sql`update audit_entries set leaf = replace(leaf, '"n":77', '"n":78') where position = 77`.execute(
      postgres.db,
    )
    await expect(exported().then((file) => verifyExport(file, { key: key() }))).rejects.toMatchObject({
      code: 'audit/tampered',
    })
  })

  test('proofs of inclusion and of consistency hold, over kept subtrees and over single leaves', async () => {
    await audit.service.tell(words(40))
    await audit.service.advance()
    const { checkpoint: first } = await audit.service.current()
    await audit.service.tell(words(333))
    await audit.service.advance()
    for (const position of [0, 63, 64, 200, 332]) {
      const { hash, checkpoint, proof } = await audit.service.inclusion(position)
      expect(isIncluded(sha256, { hash, index: position }, checkpoint, proof)).toBe(true)
    }
    const { checkpoint, proof } = await audit.service.consistency(first.size)
    expect(isConsistent(sha256, first, checkpoint, proof)).toBe(true)
  })

  test('checkpoints lie outside the database, in two places, and expose a record that was cut and grown again', async () => {
    await audit.service.tell(words(20))
    await audit.service.advance()
    await audit.service.checkpoint()
    expect(await audit.service.checkpoint()).toBeUndefined()
    const own = join(place, 'audit', 'checkpoints', 'checkpoints.jsonl')
    const elsewhere = join(place, 'elsewhere', 'checkpoints.jsonl')
    expect(readFileSync(own, 'utf8')).toBe(readFileSync(elsewhere, 'utf8'))
    await expect(verifyExport(await exported(), { key: key(), checkpoints: elsewhere })).resolves.toMatchObject({
      checkpointsMet: 1,
    })
    // Somebody with the whole database and the service's own code, but without that file.
    await emptied(postgres)
    await audit.service.tell(words(19).map((one) => ({ ...one, source: `forged ${one.source}` })))
    await audit.service.advance()
    const forged = await exported()
    await expect(verifyExport(forged, { key: key() })).resolves.toMatchObject({ entries: 19 })
    await expect(verifyExport(forged, { key: key(), checkpoints: elsewhere })).rejects.toMatchObject({
      code: 'audit/tampered',
    })
  })
})

describe('people', () => {
  test('words about a person stand beside the tree: forgotten, they leave it whole', async () => {
    await audit.service.tell(words(3))
    await audit.service.advance()
    const before = await audit.service.current()
    expect((await audit.service.list({ limit: 1 }))[0]?.data).toEqual({ n: 2, note: 'about Ivan 2' })
    const veiled = await audit.service.list({ limit: 1 }, (name) => (name === 'note' ? '•••' : name))
    expect(veiled[0]?.data).toEqual({ n: 2, note: '•••' })
    expect(await audit.service.wordsAbout(DRIVER)).toHaveLength(3)
    expect(await audit.service.forgetAbout(DRIVER)).toBe(3)
    expect(JSON.stringify(await audit.service.list({ limit: 10 }))).not.toContain('Ivan')
    expect((await audit.service.current()).checkpoint.root).toBe(before.checkpoint.root)
    expect(readFileSync(await exported(), 'utf8')).not.toContain('Ivan')
    await expect(verifyExport(await exported(), { key: key() })).resolves.toMatchObject({ entries: 3 })
  })
})

describe('a power cut', () => {
  test('leaves that the embedded database has lost come back from the file, under the same root', async () => {
    await audit.service.tell(words(70))
    await audit.service.advance()
    const before = (await audit.service.current()).checkpoint
    await sql`delete from audit_entries where position >= 30`.execute(postgres.db)
    await sql`delete from audit_nodes`.execute(postgres.db)
    await sql`delete from audit_entries`.execute(postgres.db)
    await sql`delete from audit_head`.execute(postgres.db)
    audit.close()
    audit = openAudit(place)
    await audit.open()
    const after = (await audit.service.current()).checkpoint
    expect([after.size, after.root]).toEqual([before.size, before.root])
    // And what is told again after the cut is known already.
    await audit.service.tell(words(71))
    await audit.service.advance()
    expect((await audit.service.current()).checkpoint.size).toBe(71)
  })
})

describe('a disk that takes nothing for a while', () => {
  test('nothing is signed meanwhile, and the file of leaves goes on where it ended: no hole hides', async () => {
    await audit.service.tell(words(20))
    await audit.service.advance()
    const relieve = fillDisk()
    await audit.service.tell(words(30))
    await expect(audit.service.advance()).rejects.toThrow('disk full')
    await expect(audit.service.checkpoint()).rejects.toThrow('disk full')
    expect(journaledPositions()).toHaveLength(20)
    relieve()
    await audit.service.tell(words(50))
    await audit.service.advance()
    expect(journaledPositions()).toEqual(Array.from({ length: 50 }, (_, position) => position))
    const before = await audit.service.checkpoint()
    // The cut takes the leaves that had missed the file at first: they come back all the same.
    await loseAllButFirst(10)
    audit.close()
    audit = openAudit(place)
    await audit.open()
    expect((await audit.service.current()).checkpoint.root).toBe(before?.root)
    expect(await audit.service.check()).toMatchObject({ finding: { kind: 'whole' }, entries: 50, checkpoints: 1 })
  })

  test('a hole that an older version left in the file is mended from the database', async () => {
    await audit.service.tell(words(20))
    await audit.service.advance()
    audit.close()
    const file = new DatabaseSync(join(place, 'audit', 'leaves.sqlite'))
    file.exec('DELETE FROM leaves WHERE position BETWEEN 5 AND 9')
    file.close()
    audit = openAudit(place)
    await audit.open()
    expect(journaledPositions()).toEqual(Array.from({ length: 20 }, (_, position) => position))
  })

  test.each([0, 3])('leaves lost in both places after %i are missed by a checkpoint outside', async (kept) => {
    await audit.service.tell(words(9))
    await audit.service.advance()
    await audit.service.checkpoint()
    await loseAllButFirst(kept)
    audit.close()
    const file = new DatabaseSync(join(place, 'audit', 'leaves.sqlite'))
    file.exec(`DELETE FROM leaves WHERE position >= ${kept}`)
    file.close()
    audit = openAudit(place)
    await audit.open()
    expect(await audit.service.check()).toMatchObject({ finding: { kind: 'checkpoint', at: 9 }, entries: kept })
    // Grown again to the same length, it is another record.
    await audit.service.tell(words(9).map((one) => ({ ...one, source: `after ${one.source}` })))
    await audit.service.advance()
    expect((await audit.service.check()).finding).toEqual({ kind: 'checkpoint', at: 9 })
  })
})

describe('the service looks through its own record', () => {
  test.each([
    ['changed', sql`update audit_entries set leaf = replace(leaf, '"n":7', '"n":8') where position = 7`, 7],
    ['missing', sql`delete from audit_entries where position = 7`, 7],
    ['missing', sql`delete from audit_entries where position >= 7`, 7],
    ['head', sql`update audit_head set peaks = '[]'`, 12],
  ] as const)('%s', async (kind, tampering, at) => {
    await audit.service.tell(words(12))
    await audit.service.advance()
    expect((await audit.service.check()).finding).toEqual({ kind: 'whole' })
    await tampering.execute(postgres.db)
    expect((await audit.service.check()).finding).toEqual({ kind, at })
  })

  test('what a power cut left of a line of checkpoints is dropped before the next', async () => {
    await audit.service.tell(words(3))
    await audit.service.advance()
    await audit.service.checkpoint()
    const path = join(place, 'audit', 'checkpoints', 'checkpoints.jsonl')
    appendFileSync(path, '{"size":4,"ro')
    await audit.service.tell(words(5))
    await audit.service.advance()
    await audit.service.checkpoint()
    const sizes = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).size)
    expect(sizes).toEqual([3, 5])
  })
})
