import { randomBytes, randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { type Audit, createAudit } from '../../../cloud/audit/app.ts'
import type { AuditWord } from '../../../cloud/audit/entry.ts'
import { isConsistent, isIncluded } from '../../../cloud/audit/merkle.ts'
import { verifyExport } from '../../../cloud/cli/audit-verify.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { sha256 } from '../../support/audit-file.ts'
import { createManualClock } from '../../support/manual-clock.ts'
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
  })
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
