import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { phoneFrom } from '../../../cloud/drivers/phone.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import {
  type LeasingHouse,
  newDriver,
  openLeasingHouse,
  runningLease,
  secondPark,
} from '../../support/leasing-house.ts'
import { createSqlDatabase, emptied, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

test.each([
  ['8 (916) 123-45-67', '+79161234567'],
  ['+7 916 1234567', '+79161234567'],
  ['9161234567', '+79161234567'],
  ['7 916 123 45 67', '+79161234567'],
  ['+998 90 123 45 67', '+998901234567'],
  ['+375 29 123-45-67', '+375291234567'],
  ['123', undefined],
  ['+7 000 000 00 00', undefined],
  ['позвони мне 89161234567', undefined],
  ['', undefined],
])('the number «%s» is %s', (written, phone) => {
  expect(phoneFrom(written)).toBe(phone)
})

describe('drivers over REST', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: LeasingHouse
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
  })
  beforeEach(async () => {
    await emptied(postgres)
    house = await openLeasingHouse(postgres)
  })
  afterEach(() => house.close())
  afterAll(() => database.close())

  const add = async (more: object = {}) => house.call('manager', 'POST', '/api/drivers', newDriver(more))
  const found = async (query: string) =>
    (await house.call('manager', 'GET', `/api/drivers?${query}`))
      .json()
      .items.map((one: { familyName: string }) => one.familyName)

  test('a driver is found by part of his name, and by his number however it is written', async () => {
    await add({
      familyName: 'Петров',
      phones: [{ phone: '8 916 123 45 67' }, { phone: '+7 (999) 765-43-21', main: true }],
    })
    await add({ familyName: 'Сидоров' })
    expect(await found('q=етро')).toEqual(['Петров'])
    expect(await found(`phone=${encodeURIComponent('+7 916 123-45-67')}`)).toEqual(['Петров'])
    expect(await found('phone=89997654321')).toEqual(['Петров'])
    expect(await found('phone=89990000000')).toEqual([])
    expect(await found('')).toEqual(['Петров', 'Сидоров'])
    expect((await house.call('manager', 'GET', '/api/drivers?phone=12')).json().code).toBe('request/invalid')
  })

  test('pages of a list lose nobody and repeat nobody, also among namesakes', async () => {
    for (let count = 0; count < 5; count += 1) await add()
    const ids: string[] = []
    let cursor = ''
    do {
      const page = (await house.call('manager', 'GET', `/api/drivers?limit=2${cursor}`)).json()
      ids.push(...page.items.map(({ id }: { id: string }) => id))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(new Set(ids).size).toBe(5)
    expect(ids).toHaveLength(5)
  })

  test('a number that another driver has is refused with the match, unless it is said all the same', async () => {
    const first = (await add({ phones: [{ phone: '+79161234567' }] })).json()
    const refused = (await add({ phones: [{ phone: '8 916 123 45 67' }] })).json()
    expect(refused).toMatchObject({ code: 'driver/known-phone', matches: [{ id: first.id }] })
    expect((await add({ phones: [{ phone: '8 916 123 45 67' }], evenIfKnown: true })).statusCode).toBe(201)
  })

  test('who may not see the other driver’s park is not told who he is', async () => {
    await add({ phones: [{ phone: '+79161234567' }] })
    const elsewhere = await secondPark(postgres)
    const refused = await house.call(
      'manager',
      'POST',
      '/api/drivers',
      newDriver({ phones: [{ phone: '+79161234567' }] }),
      [elsewhere],
    )
    expect(refused.json()).toMatchObject({ code: 'driver/known-phone', matches: [] })
  })

  test('changes are kept with who and when; a change of what somebody else has changed is refused', async () => {
    const { id, version } = (await add({ familyName: 'Петров' })).json()
    const changed = await house.call('head', 'PATCH', `/api/drivers/${id}`, {
      version,
      familyName: 'Петренко',
      state: 'paused',
    })
    expect(changed.json()).toMatchObject({ familyName: 'Петренко', givenName: 'Иван', version: version + 1 })
    expect((await house.call('head', 'PATCH', `/api/drivers/${id}`, { version, note: 'x' })).json().code).toBe(
      'driver/changed',
    )
    const { items } = (await house.call('auditor', 'GET', `/api/drivers/${id}/history`)).json()
    expect(items[0]).toMatchObject({
      by: 'head',
      changes: [
        { field: 'familyName', from: 'Петров', to: 'Петренко' },
        { field: 'state', from: 'active', to: 'paused' },
      ],
    })
    expect(items).toHaveLength(2)
  })

  test('a consent keeps its time until the word changes', async () => {
    const channels = [{ channel: 'max', address: '@ivan', consent: 'given' }]
    const { id, ...made } = (await add({ channels })).json()
    await house.clock.advance(60_000)
    const change = async (version: number, body: object) =>
      (await house.call('manager', 'PATCH', `/api/drivers/${id}`, { version, ...body })).json()
    const same = await change(1, { channels, note: 'звонил' })
    expect(same.channels).toEqual(made.channels)
    const refused = await change(2, { channels: [{ ...channels[0], consent: 'refused' }] })
    expect(refused.channels[0].consentAt).toBe(new Date(house.clock.now()).toISOString())
  })

  test('passport and licence are for security, papers and the owner, masked for their heads; the history names the fields and no values; they can be erased', async () => {
    const { id } = (await add()).json()
    const secrets = {
      birthDate: '1990-05-05',
      passportNumber: '4510 123456',
      passportIssuedBy: 'ОВД',
      passportIssuedOn: '2010-06-01',
      licenceNumber: '9912 345678',
      licenceUntil: '2030-01-01',
      address: null,
    }
    expect((await house.call('security', 'PUT', `/api/drivers/${id}/secrets`, secrets)).statusCode).toBe(200)
    expect((await house.call('owner', 'GET', `/api/drivers/${id}/secrets`)).json()).toEqual(secrets)
    for (const role of ['support', 'dispatcher', 'accountant', 'driver', 'integration'] as const)
      expect((await house.call(role, 'GET', `/api/drivers/${id}/secrets`)).statusCode).toBe(403)
    const everything = await Promise.all(
      ['', '/history'].map(async (part) => (await house.call('owner', 'GET', `/api/drivers/${id}${part}`)).body),
    )
    expect(everything.join()).toContain('passportNumber')
    for (const value of Object.values(secrets)) if (value !== null) expect(everything.join()).not.toContain(value)
    expect((await house.call('security', 'DELETE', `/api/drivers/${id}/secrets`)).statusCode).toBe(204)
    expect((await house.call('owner', 'GET', `/api/drivers/${id}/secrets`)).json()).toMatchObject({
      passportNumber: null,
      birthDate: null,
    })
  })

  test('a double goes over with lease, numbers and money, and is refused for ever after', async () => {
    const { drivers, vehicle } = await runningLease(house, postgres)
    const [double = ''] = drivers
    const kept = (await add({ familyName: 'Настоящий' })).json().id
    await house.call('accountant', 'POST', '/api/ledger/top-ups', { driverId: double, kopecks: 850_000, via: 'cash' })
    await house.call('accountant', 'POST', '/api/ledger/top-ups', { driverId: kept, kopecks: 50_000, via: 'cash' })
    const merge = () => house.call('head', 'POST', `/api/drivers/${double}/merge`, { into: kept, note: 'один человек' })
    const told = async () => {
      await house.drain()
      return house.events.filter((event) => event.name === 'lease.changed' && event.vehicleId === vehicle).length
    }
    const before = await told()
    const merged = (await merge()).json()
    // The rules look at his car at once.
    expect(await told()).toBe(before + 1)
    expect(merged.phones).toHaveLength(2)
    expect(merged.balance.kopecks).toBe(750_000)
    expect((await house.call('head', 'GET', `/api/drivers/${double}`)).json()).toMatchObject({
      state: 'merged',
      mergedInto: kept,
      phones: [],
      balance: { kopecks: 0 },
    })
    expect(await house.leasing.shiftOf(vehicle)).toMatchObject({ driverId: kept })
    expect((await merge()).json().code).toBe('driver/merged')
    expect(
      (await house.call('manager', 'POST', `/api/drivers/${kept}/merge`, { into: double, note: 'x' })).statusCode,
    ).toBe(403)
  })

  test('among twenty thousand drivers a number is found within 200 ms', async () => {
    await sql`insert into drivers (id, park_id, family_name, given_name, legal_form, state, version, created_at)
      select gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'Имя' || n, 'Иван', 'person', 'active', 1, 0
      from generate_series(1, 20000) as n`.execute(postgres.db)
    await sql`insert into driver_phones (driver_id, phone, main)
      select id, '+7916' || lpad((row_number() over ())::text, 7, '0'), true from drivers`.execute(postgres.db)
    await found('phone=89160012345')
    const from = performance.now()
    expect(await found('phone=89160012345')).toHaveLength(1)
    expect(performance.now() - from).toBeLessThan(200)
  })
})
