import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { readable } from '../../../cloud/personal/kept.ts'
import { createPersonalService } from '../../../cloud/personal/personal-service.ts'
import { PLACES } from '../../../cloud/personal/places.ts'
import { createTraceStore } from '../../../cloud/personal/trace-store.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

let house: CloudApp
let owner: string
beforeAll(async () => {
  house = await startCloudApp()
  owner = await house.as('owner')
}, 120_000)
afterAll(() => house.stop())

const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, payload?: object) =>
  house.cloud.http.inject({ method, url, headers: { cookie: owner }, ...(payload === undefined ? {} : { payload }) })

test('a driver is handed everything known of him, and is forgotten but for what has to be kept', async () => {
  const person = {
    familyName: 'Подосинников',
    givenName: 'Иван',
    legalForm: 'self-employed',
    phones: [{ phone: '+79161234599' }],
    note: 'зовут Ваней',
  }
  const { id, version } = (await call('POST', '/api/drivers', person)).json()
  await call('PATCH', `/api/drivers/${id}`, { familyName: 'Подберёзовиков', version })
  await call('PUT', `/api/drivers/${id}/secrets`, {
    ...{ birthDate: null, passportNumber: '4509 123456', passportIssuedBy: null, passportIssuedOn: null },
    ...{ licenceNumber: null, licenceUntil: null, address: 'Тверская, 1' },
  })
  const told = (await call('GET', `/api/drivers/${id}/personal?as=text`)).body
  for (const word of ['Подосинников', 'Подберёзовиков', '+79161234599', '4509 123456', 'Тверская, 1', 'зовут Ваней'])
    expect(told).toContain(word)

  const erased = await call('POST', `/api/drivers/${id}/personal/erase`)
  expect(erased.statusCode).toBe(200)
  expect(erased.json().kept.length).toBeGreaterThan(0)
  const left = (await call('GET', `/api/drivers/${id}/personal`)).body
  for (const word of ['Подосинников', 'Подберёзовиков', '79161234599', '123456', 'Тверская', 'Ваней'])
    expect(left).not.toContain(word)
})

test('each kind of what is known of people stands as long as somebody says', async () => {
  const usual = { auditWordsDays: 1095, messagesDays: 400, recordingsDays: 365 }
  expect((await call('GET', '/api/access/retention')).json()).toEqual(usual)
  for (const wrong of [{ auditWordsDays: 7 }, { messagesDays: 401 }, { recordingsDays: 1 }, { framesDays: 30 }])
    expect((await call('PUT', '/api/access/retention', wrong)).statusCode).toBe(400)
  await call('PUT', '/api/access/retention', { auditWordsDays: 365 })
  await call('PUT', '/api/access/retention', { recordingsDays: 90 })
  expect((await call('GET', '/api/access/retention')).json()).toEqual({
    ...{ auditWordsDays: 365, messagesDays: 400, recordingsDays: 90 },
  })
})

describe.each(sqlKinds())('what has had its time goes, on %s', (kind) => {
  afterAll(async () => {
    if (kind === 'PostgreSQL') await stopSqlServer()
  })
  test('messages and recordings by their own days; that there was a call stays', async () => {
    const database = await createSqlDatabase(kind)
    const { db } = await migrated(database)
    const now = Date.parse('2026-11-22T12:00:00Z')
    const forgotten: number[] = []
    const personal = createPersonalService({
      world: { clock: createManualClock(now), log: silentLog },
      db,
      traces: createTraceStore(db),
      drivers: { view: fail, secrets: fail, eraseSecrets: fail, change: fail, history: fail },
      audit: { wordsAbout: fail, forgetAbout: fail, forgetWordsBefore: async (at) => forgotten.push(at) },
      settings: { read: async () => ({ auditWordsDays: 100, messagesDays: 30, recordingsDays: 10 }), write: fail },
    })
    for (const days of [5, 20, 40]) {
      const [id, at] = [`00000000-0000-4000-8000-0000000000${days + 10}`, now - days * 86_400_000]
      await sql`insert into messages (id, key, kind, text, shown, to_kind, to_name, ways, proof, state, created_at)
        values (${id}, ${id}, 'debt', 'текст', 'текст', 'phone', 'кому', '[]', false, 'sent', ${at})`.execute(db)
      await sql`insert into phone_calls (id, exchange, call_id, direction, caller, started_at, recording, joined_at)
        values (${id}, 'one', ${id}, 'in', '+79160000000', ${at}, 'kept', ${at})`.execute(db)
      await sql`insert into phone_recordings (call, type, size, sha256, bytes, fetched_at)
        values (${id}, 'audio/mpeg', 4, 'none', ${Buffer.from('tone')}, ${at})`.execute(db)
    }
    await personal.forgetOld()
    const left = async (table: string) => (await sql`select 1 from ${sql.table(table)}`.execute(db)).rows.length
    expect([await left('messages'), await left('phone_recordings'), await left('phone_calls')]).toEqual([2, 1, 3])
    const calls = await sql<{ recording: string }>`select recording from phone_calls order by started_at`.execute(db)
    expect(calls.rows.map(({ recording }) => recording)).toEqual(['none', 'none', 'kept'])
    expect(forgotten).toEqual([now - 100 * 86_400_000])
    await database.close()
  }, 60_000)

  test('what others have written of a driver is found for him and goes with him, and nobody else’s does', async () => {
    const database = await createSqlDatabase(kind)
    const { db } = await migrated(database)
    const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    const his = { id: DriverId.parse(idOf(1)), phones: ['+79161112233'], words: ['Подосинников Иван', '4509 123456'] }
    await sql`insert into process_definitions (version, files, note, loaded_at, loaded_by)
      values (1, '[]', '', 0, '')`.execute(db)
    // The first of each is his, by his link or his number; the second another's.
    for (const [n, record, phone, name] of [
      [10, idOf(1), null, 'Подосинников Иван, № 7 "б"'],
      [20, idOf(2), '+79164445566', 'Опята Пётр'],
      [30, idOf(3), '+79161112233', 'Грибович'],
    ] as const) {
      await sql`insert into cards (id, pipeline, definition, stage, entered_at, created_at, entity, fields, version, repeats)
        values (${idOf(n)}, 'lead', 1, 'new', 0, 0, 'deal', ${JSON.stringify({ name, phone })}::jsonb, 1, '{}')`.execute(
        db,
      )
      await sql`insert into card_links (card, entity, record) values (${idOf(n)}, 'driver', ${record})`.execute(db)
      await sql`insert into card_log (card, version, at, pipeline, stage, kind, change, actor_kind, actor)
        values (${idOf(n)}, 1, 0, 'lead', 'new', 'born', ${JSON.stringify({ set: { name, phone } })}::jsonb, 'system', 'e')`.execute(
        db,
      )
      for (const [m, document] of [
        [1, 'driver.passport'],
        [2, 'contract'],
      ] as const)
        await sql`insert into process_files (id, card, document, name, type, size, sha256, bytes, added_at, added_by)
          values (${idOf(n + m)}, ${idOf(n)}, ${document}, ${`${name}.pdf`}, 'application/pdf', 4, 'x', ${Buffer.from('%PDF')}, 0, 'e')`.execute(
          db,
        )
      const caller = phone ?? '+79161112233'
      await sql`insert into phone_calls (id, exchange, call_id, direction, caller, started_at, recording, joined_at)
        values (${idOf(n + 3)}, 'one', ${idOf(n)}, 'in', ${caller}, 0, 'kept', 0)`.execute(db)
      await sql`insert into phone_recordings (call, type, size, sha256, bytes, fetched_at)
        values (${idOf(n + 3)}, 'audio/mpeg', 4, 'x', ${Buffer.from('tone')}, 0)`.execute(db)
    }
    for (const [phone, name] of [
      ['+79161112233', 'Грибович'],
      ['+79164445566', 'Опята Пётр'],
    ])
      await sql`insert into process_inbox (adapter, key, event, payload, received_at)
        values ('form', ${`one ${name === 'Грибович'}`}, 'form.sent', ${JSON.stringify({ phone, name })}::jsonb, 0)`.execute(
        db,
      )
    const traces = createTraceStore(db)
    expect(JSON.stringify(await traces.cards(his))).toContain('Грибович')
    expect([(await traces.scans(his)).length, (await traces.calls(his)).length]).toEqual([2, 2])
    expect(await traces.forget(his, 'Удалён')).toEqual({ scans: 2, recordings: 2 })
    const left = async (table: string) =>
      JSON.stringify((await sql`select * from ${sql.table(table)}`.execute(db)).rows)
    for (const table of new Set(PLACES.map((place) => place.table))) {
      for (const word of ['Подосинников', 'Грибович', '79161112233'])
        expect(await left(table), table).not.toContain(word)
      if (['cards', 'card_log', 'process_files', 'process_inbox'].includes(table))
        expect(await left(table), table).toContain('Опята Пётр')
    }
    expect(await left('cards')).toContain('Удалён, № 7 \\"б\\"')
    expect(await left('phone_calls')).toContain('+79164445566')
    const documents = (await sql<{ document: string }>`select document from process_files`.execute(db)).rows
    expect(documents.map(({ document }) => document).toSorted()).toEqual([
      ...['contract', 'contract', 'contract'],
      'driver.passport',
    ])
    await database.close()
  }, 60_000)
})
const fail = async (): Promise<never> => {
  throw new Error('not asked for here')
}

test('what is read is told line by line, with a dash for what is unknown', () => {
  const sections = [{ name: 'driver', data: { name: 'Иван', phones: [{ phone: '+7' }], balance: null, none: [] } }]
  expect(readable(sections)).toBe(
    ['driver', '  name: Иван', '  phones:', '    1.', '      phone: +7', '  balance: –', '  none: –'].join('\n'),
  )
})
