import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { MAX_BATCH_BYTES } from '#contract/record.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { createJournalStore, type JournalStore } from '../../../cloud/ingest/journal-store.ts'
import { createQuarantineRoutes } from '../../../cloud/ingest/quarantine-routes.ts'
import { createQuarantineService } from '../../../cloud/ingest/quarantine-service.ts'
import { openQuarantine, quarantineSql } from '../../../cloud/ingest/quarantine-sql.ts'
import { silentLog } from '../../support/silent-log.ts'
import { batchOf, frameAt, GATEWAY, realClock, STREAM } from './journal-support.ts'

const UNKNOWN = 'neither JSON nor a known compact version'
const OTHER = GatewayId.parse('gw-journal2')
const bad = (seq: number) => frameAt(seq, { speedKmh: 'fast' })

let journal: JournalStore
const ingestOf = () =>
  createIngestService({ journal, clock: realClock, log: silentLog, count: () => {}, publish: async () => {} })
/** Somebody of park `one` sees the first gateway only. */
const serviceOf = () => createQuarantineService({ journal, log: silentLog, seen: async () => new Set([GATEWAY]) })
const seqs = () => journal.read(0, 100).map(({ seq }) => seq)

/** As an older version has refused it what this one understands: the bytes are good, the reason is of then. */
const refusedThen = (gateway: GatewayId, seq: number, payload: Uint8Array) =>
  journal.append({
    gateway,
    receivedAt: realClock.now(),
    stream: STREAM,
    range: { from: seq, to: seq },
    items: [],
    declared: [],
    unreadable: { reason: UNKNOWN, bytes: payload },
  })

beforeEach(() => {
  journal = createJournalStore({ path: ':memory:', clock: realClock })
})
afterEach(() => journal.close())

describe('quarantine', () => {
  test('lists what was refused, newest first, with how often the like has come; page by page', async () => {
    const ingest = ingestOf()
    for (const seq of [1, 2, 3]) await ingest.accept(GATEWAY, batchOf(seq, [bad(seq)]))
    await ingest.accept(OTHER, Uint8Array.of(9, 9))
    const all = await serviceOf().list('all', { limit: 10 })
    expect(all.map(({ gateway, seq, alike }) => [gateway, seq, alike.count])).toEqual([
      [OTHER, null, 1],
      [GATEWAY, 3, 3],
      [GATEWAY, 2, 3],
      [GATEWAY, 1, 3],
    ])
    const page = await serviceOf().list('all', { limit: 2, before: all[1]?.id, gateway: GATEWAY })
    expect(page.map(({ seq }) => seq)).toEqual([2, 1])
    expect(await serviceOf().list('all', { limit: 10, reason: 'nothing like it' })).toEqual([])
  })

  test('who sends rubbish without end loses his own oldest, and nobody else’s', async () => {
    await ingestOf().accept(OTHER, Uint8Array.of(9, 9))
    const unreadable = { reason: 'not JSON', bytes: Uint8Array.of(1) }
    const entry = { gateway: GATEWAY, receivedAt: realClock.now(), unreadable }
    await Promise.all(Array.from({ length: 20_100 }, () => journal.setAside(entry)))
    const large = { ...entry, unreadable: { reason: 'too long', bytes: new Uint8Array(MAX_BATCH_BYTES) } }
    expect(journal.counts().quarantine).toBeLessThan(20_200)
    for (let times = 0; times < 150; times += 1) await journal.setAside(large)
    journal.prune(epochMs(0))
    expect(journal.quarantine.alike({ gateway: OTHER, reason: UNKNOWN })).toMatchObject({ count: 1 })
    const [oldest] = journal.quarantine.page({ limit: 20_000, before: 20_000, gateway: GATEWAY })
    expect(oldest?.id).toBe(19_999)
    expect(journal.counts().quarantine).toBe(20_001)
  })

  test('of other parks it does not exist', async () => {
    await ingestOf().accept(OTHER, Uint8Array.of(9, 9))
    const [row] = await serviceOf().list('all', { limit: 1 })
    expect(await serviceOf().list(['one'], { limit: 10 })).toEqual([])
    for (const act of ['find', 'retry', 'remove'] as const)
      await expect(serviceOf()[act](['one'], row?.id ?? 0)).rejects.toMatchObject({ code: 'quarantine/unknown' })
  })

  test('what still does not fit stays, with the reason of today', async () => {
    await ingestOf().accept(GATEWAY, batchOf(1, [bad(1)]))
    const [row] = await serviceOf().list('all', { limit: 1 })
    const refused = { code: 'quarantine/still-refused', detail: expect.stringContaining('speedKmh') }
    await expect(serviceOf().retry('all', row?.id ?? 0)).rejects.toMatchObject(refused)
    expect(journal.counts().quarantine).toBe(1)
  })

  test('all that are alike are read again, or thrown away, by one word; what still does not fit stays', async () => {
    for (const seq of [1, 2, 3]) await refusedThen(GATEWAY, seq, batchOf(seq, [frameAt(seq)]))
    await refusedThen(GATEWAY, 4, Uint8Array.of(9))
    await refusedThen(OTHER, 1, batchOf(1, [frameAt(1)]))
    const [, , third] = await serviceOf().list('all', { limit: 10 })
    expect(await serviceOf().retry(['one'], third?.id ?? 0, 'alike')).toBe(3)
    expect(seqs().toSorted()).toEqual([1, 2, 3])
    const left = await serviceOf().list('all', { limit: 10 })
    expect(left.map(({ gateway, seq }) => [gateway, seq])).toEqual([
      [OTHER, 1],
      [GATEWAY, 4],
    ])
    await refusedThen(GATEWAY, 5, Uint8Array.of(9))
    await serviceOf().remove(['one'], left[1]?.id ?? 0, 'alike')
    expect((await serviceOf().list('all', { limit: 10 })).map(({ gateway }) => gateway)).toEqual([OTHER])
  })

  test('a message that an upgrade can read is stored once, in its own numbers, and read by projections', async () => {
    await refusedThen(GATEWAY, 1, batchOf(1, [frameAt(1), bad(2), frameAt(3)]))
    await ingestOf().accept(GATEWAY, batchOf(4, [frameAt(4)]))
    const [row] = await serviceOf().list('all', { limit: 1 })
    expect(await serviceOf().retry('all', row?.id ?? 0)).toBe(2)
    expect(seqs()).toEqual([4, 1, 3])
    expect(journal.streamsOf(GATEWAY, 1)).toEqual([{ stream: STREAM, through: 4 }])
    const left = await serviceOf().list('all', { limit: 10 })
    expect(left.map(({ seq }) => seq)).toEqual([2])
    await expect(serviceOf().retry('all', row?.id ?? 0)).rejects.toMatchObject({ code: 'quarantine/unknown' })
  })

  test('a record that came again in the meantime is not stored twice', async () => {
    const message = batchOf(1, [frameAt(1)])
    await journal.setAside({
      gateway: GATEWAY,
      receivedAt: realClock.now(),
      unreadable: { reason: '', bytes: message },
    })
    await ingestOf().accept(GATEWAY, message)
    const [row] = await serviceOf().list('all', { limit: 1 })
    expect(await serviceOf().retry('all', row?.id ?? 0)).toBe(0)
    expect({ seqs: seqs(), ...journal.counts() }).toMatchObject({ seqs: [1], quarantine: 0 })
  })

  test('the quarantine of an older journal is taken over, with its numbers', () => {
    const db = new DatabaseSync(':memory:')
    db.exec(`CREATE TABLE quarantine (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, stream TEXT, seq INTEGER,
      received_at INTEGER NOT NULL, reason TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
      INSERT INTO quarantine VALUES (7, '${GATEWAY}', NULL, NULL, 1, 'old', x'00')`)
    openQuarantine(db)
    openQuarantine(db)
    const sql = quarantineSql(db)
    expect(sql.find(7)).toMatchObject({ reason: 'old', receivedAt: 1 })
    sql.remove(7)
    db.exec(`INSERT INTO quarantine (gateway, received_at, reason, bytes) VALUES ('${GATEWAY}', 2, 'new', x'01')`)
    expect(sql.page({ limit: 5 }).map(({ id }) => id)).toEqual([8])
    db.close()
  })

  test('over REST: the bytes as text and hex, and whose journal it is; thrown away it is gone', async () => {
    await ingestOf().accept(GATEWAY, Uint8Array.of(0xff, 0x01))
    const app = Fastify()
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    app.decorateRequest('caller', null)
    app.addHook('onRequest', async (request) => {
      request.caller = { id: '', login: 'o', name: '', role: 'owner', by: 'token', parks: 'all' }
    })
    await app.register(createQuarantineRoutes(serviceOf(), 'two'))
    const { instance, items, nextCursor } = (await app.inject('/api/quarantine?limit=1')).json()
    expect({ instance, nextCursor, items }).toMatchObject({
      instance: 'two',
      nextCursor: null,
      items: [{ gatewayId: GATEWAY, stream: null, size: 2, alike: { count: 1 } }],
    })
    const path = `/api/quarantine/${items[0].id}`
    expect((await app.inject(path)).json()).toMatchObject({ instance: 'two', text: null, hex: 'ff01' })
    expect((await app.inject({ method: 'DELETE', url: path })).statusCode).toBe(204)
    expect(journal.counts().quarantine).toBe(0)
    await app.close()
  })
})
