import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { minutes } from '#contract/instant.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import {
  type LeasingHouse,
  newDriver,
  openLeasingHouse,
  parkedVehicle,
  runningLease,
  secondPark,
} from '../../support/leasing-house.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })
const DAY = 24 * 3_600_000
afterAll(stopSqlServer)

describe.each(sqlKinds())('leases and money on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: LeasingHouse
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  beforeEach(async () => {
    house = await openLeasingHouse(postgres)
  })
  afterEach(() => house.close())
  afterAll(() => database.close())

  const charges = async (lease: string) =>
    (await house.call('accountant', 'GET', `/api/ledger/postings?lease=${lease}&kind=charge&limit=500`)).json().items
  const balanceOf = async (driver: string): Promise<number> =>
    (await house.call('manager', 'GET', `/api/drivers/${driver}`)).json().balance?.kopecks
  const topUp = (driverId: string, kopecks: number, more: object = {}) =>
    house.call('accountant', 'POST', '/api/ledger/top-ups', { driverId, kopecks, via: 'cash', ...more })

  test('each day of a lease is charged once, by its weekday, also after three days down and by two instances at once', async () => {
    // Saturday evening: the day of the handing over is charged at once.
    const { lease, drivers } = await runningLease(house, postgres)
    await house.tick()
    await house.tick()
    expect((await charges(lease)).map((posting: { note: string }) => posting.note)).toEqual(['2026-11-21'])
    const other = await openLeasingHouse(postgres, { clock: house.clock })
    await house.clock.advance(3 * DAY)
    await Promise.all([
      house.tick(),
      other.tick(),
      house.leasing.charges.chargeDue(200),
      other.leasing.charges.chargeDue(200),
    ])
    await other.close()
    await house.tick()
    // Sunday is free: nothing is posted for it.
    expect((await charges(lease)).map((posting: { note: string }) => posting.note)).toEqual([
      '2026-11-24',
      '2026-11-23',
      '2026-11-21',
    ])
    expect(await balanceOf(drivers[0] ?? '')).toBe(-150_000 - 250_000 - 250_000)
  })

  test('a vehicle is under one running lease: the second is refused, and the database refuses it too', async () => {
    const { vehicle, drivers } = await runningLease(house, postgres)
    const drafted = await house.call('manager', 'POST', '/api/leases', {
      vehicleId: vehicle,
      plan: 'rent',
      drivers: [{ driverId: drivers[0] }],
      startsOn: '2026-11-21',
      schedule: { rates: [1, 1, 1, 1, 1, 1, 1] },
    })
    const second = await house.call('manager', 'POST', `/api/leases/${drafted.json().id}/activate`)
    expect(second.json().code).toBe('lease/vehicle-taken')
    const forced = sql`update leases set state = 'active', activated_at = 1 where id = ${drafted.json().id}::uuid`
    await expect(forced.execute(postgres.db)).rejects.toThrow(/leases_one_active/)
  })

  test('two instances that activate two leases of one vehicle at once: one wins', async () => {
    const vehicle = await parkedVehicle(postgres)
    const driver = (await house.call('manager', 'POST', '/api/drivers', newDriver())).json().id
    const draft = async () =>
      (
        await house.call('manager', 'POST', '/api/leases', {
          vehicleId: vehicle,
          plan: 'rent',
          drivers: [{ driverId: driver }],
          startsOn: '2026-11-21',
          schedule: { rates: [1, 1, 1, 1, 1, 1, 1] },
        })
      ).json().id
    const drafts = [await draft(), await draft(), await draft()]
    const answers = await Promise.all(drafts.map((id) => house.call('owner', 'POST', `/api/leases/${id}/activate`)))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409, 409])
  })

  test('the ledger can only be added to, and only with postings that sum to zero', async () => {
    const { lease, drivers } = await runningLease(house, postgres)
    await house.tick()
    const [posting] = await charges(lease)
    await expect(sql`update ledger_entries set kopecks = 1`.execute(postgres.db)).rejects.toThrow(/append-only/)
    await expect(sql`delete from ledger_entries`.execute(postgres.db)).rejects.toThrow(/append-only/)
    await expect(sql`update ledger_transactions set note = ''`.execute(postgres.db)).rejects.toThrow(/append-only/)
    await expect(sql`delete from ledger_transactions`.execute(postgres.db)).rejects.toThrow(/append-only/)
    const late = sql`insert into ledger_entries values (${posting.id}::uuid, 9, ${`driver:${drivers[0]}`}, 5)`
    await expect(late.execute(postgres.db)).rejects.toThrow(/while it is being written/)
    const posted = (entries: readonly number[]) =>
      postgres.inTransaction(async (db) => {
        const id = randomUUID()
        await sql`insert into ledger_transactions (id, key, fingerprint, kind, at, posted_at, park_id, note, by_kind, by_id, by_name)
          values (${id}::uuid, ${id}, '', 'correction', 1, 1, ${MAIN_PARK}::uuid, '', 'user', '', '')`.execute(db)
        for (const [line, kopecks] of entries.entries())
          await sql`insert into ledger_entries values (${id}::uuid, ${line}, ${`driver:${drivers[0]}`}, ${kopecks})`.execute(
            db,
          )
      })
    await expect(posted([5, -4])).rejects.toThrow(/sum to zero/)
    await expect(posted([])).rejects.toThrow(/at least two entries/)
    await posted([5, -5])
  })

  test('a payment told five times, two of them at once, is posted once; under its number another sum is refused', async () => {
    const { drivers } = await runningLease(house, postgres)
    const [driver = ''] = drivers
    const told = await Promise.all([1, 2].map(() => topUp(driver, 100_000, { key: 'receipt 17' })))
    for (let time = 0; time < 3; time += 1) told.push(await topUp(driver, 100_000, { key: 'receipt 17' }))
    expect(told.map((answer) => answer.json().outcome).sort()).toEqual(['known', 'known', 'known', 'known', 'posted'])
    // The first day had cost 1 500 ₽.
    expect(await balanceOf(driver)).toBe(100_000 - 150_000)
    const other = await topUp(driver, 90_000, { key: 'receipt 17' })
    expect(other.json().code).toBe('ledger/key-reused')
  })

  test('a reversal puts things back, once', async () => {
    const { drivers } = await runningLease(house, postgres)
    const [driver = ''] = drivers
    const { posting } = (await topUp(driver, 100_000)).json()
    const undone = () =>
      house.call('accountant', 'POST', `/api/ledger/postings/${posting.id}/reversal`, { note: 'ошибка кассы' })
    const answers = await Promise.all([undone(), undone()])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409])
    expect(await balanceOf(driver)).toBe(-150_000)
    const reversal = answers.find(({ statusCode }) => statusCode === 201)?.json().posting
    const again = await house.call('accountant', 'POST', `/api/ledger/postings/${reversal.id}/reversal`, {
      note: 'наоборот',
    })
    expect(again.json().code).toBe('ledger/not-reversible')
  })

  test('whatever the order of events and however often each is told, the balance is the sum of the entries', async () => {
    const event = fc.record({
      kind: fc.constantFrom('top-up', 'fine', 'correction'),
      kopecks: fc.integer({ min: 1, max: 900_000 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat(4)),
        async (events, picks) => {
          const driver = (await house.call('manager', 'POST', '/api/drivers', newDriver())).json().id
          const run = randomUUID()
          const told = [
            ...events.entries(),
            ...[...picks.take(3)].flatMap((pick) => {
              const again = events[pick]
              return again === undefined ? [] : [[pick, again] as const]
            }),
          ].sort(([one], [other]) => ((one * 7) % 5) - ((other * 7) % 5))
          for (const [index, { kind: what, kopecks }] of told) {
            const key = `${run} ${index}`
            if (what === 'top-up') await topUp(driver, kopecks, { key })
            else if (what === 'fine')
              await house.call('accountant', 'POST', '/api/ledger/fines', {
                driverId: driver,
                kopecks,
                key,
                note: 'скорость',
              })
            else
              await house.call('accountant', 'POST', '/api/ledger/corrections', {
                driverId: driver,
                kopecks: -kopecks,
                key,
                note: 'сверка',
              })
          }
          const sum = events.reduce((all, { kind: what, kopecks }) => all + (what === 'top-up' ? kopecks : -kopecks), 0)
          const { rows } = await sql<{ kept: number; summed: number }>`select a.kopecks as kept,
          (select sum(kopecks)::bigint from ledger_entries where account = a.code) as summed
          from ledger_accounts a where a.code = ${`driver:${driver}`}`.execute(postgres.db)
          expect(rows).toEqual([{ kept: sum, summed: sum }])
          expect(await balanceOf(driver)).toBe(sum)
        },
      ),
      { numRuns: 8 },
    )
  })

  test('a buy-out counts its part of each day towards the price; what was paid at first counts too', async () => {
    await emptied(postgres)
    await house.leasing.open()
    const { lease, drivers } = await runningLease(house, postgres, {
      plan: 'buyout',
      buyout: { priceKopecks: 90_000_000, initialKopecks: 500_000, dailyShareKopecks: 60_000 },
    })
    await house.call('accountant', 'POST', '/api/ledger/deposits', {
      leaseId: lease,
      driverId: drivers[0],
      what: 'buyout',
      kopecks: 500_000,
      via: 'cash',
    })
    await house.tick()
    const accounts = (await house.call('accountant', 'GET', `/api/ledger/accounts?lease=${lease}`)).json().items
    expect(accounts).toMatchObject([{ kind: 'buyout', kopecks: 560_000 }])
    const parks = (await house.call('accountant', 'GET', '/api/ledger/accounts')).json().items
    // Money in hand is above zero.
    expect(parks.map(({ kind: what, kopecks }: { kind: string; kopecks: number }) => [what, kopecks])).toEqual([
      ['cash', 500_000],
      ['rent', 90_000],
    ])
  })

  test('of two drivers each pays for his part of the shifts; who answers follows the shift', async () => {
    const terms = {
      schedule: { rates: [240_000, 240_000, 240_000, 240_000, 240_000, 240_000, 240_000], payer: 'shift' },
    }
    const { vehicle, drivers, lease } = await runningLease(house, postgres, terms, 2)
    const [day = '', night = ''] = drivers
    await house.tick()
    expect(await house.leasing.shiftOf(vehicle)).toBeUndefined()
    const stranger = (await house.call('manager', 'POST', '/api/drivers', newDriver())).json().id
    const wrong = await house.call('dispatcher', 'POST', '/api/shifts', { vehicleId: vehicle, driverId: stranger })
    expect(wrong.json().code).toBe('shift/not-a-party')
    // Of the last hour and a half before midnight one drives a third and the other two.
    const left = 24 * 3_600_000 - ((house.clock.now() + 3 * 3_600_000) % DAY)
    await house.clock.advance(left - minutes(90))
    await house.call('dispatcher', 'POST', '/api/shifts', { vehicleId: vehicle, driverId: day })
    await house.clock.advance(minutes(30))
    await house.call('dispatcher', 'POST', '/api/shifts', { vehicleId: vehicle, driverId: night })
    expect(await house.leasing.shiftOf(vehicle)).toMatchObject({ driverId: night, since: house.clock.now() })
    await house.clock.advance(minutes(60))
    await house.tick()
    expect(await balanceOf(day)).toBe(-240_000 - 80_000)
    expect(await balanceOf(night)).toBe(-160_000)
    const closed = (await house.call('dispatcher', 'POST', '/api/shifts/close', { vehicleId: vehicle })).json()
    expect(closed).toMatchObject({ driver: { id: night }, closedBy: 'dispatcher' })
    expect(await house.leasing.shiftOf(vehicle)).toBeUndefined()
    expect(house.events.map(({ name }) => name).filter((name) => name.startsWith('shift'))).toEqual([
      'shift.opened',
      'shift.closed',
      'shift.opened',
    ])
    expect((await house.leasing.leaseOf(vehicle))?.id).toBe(lease)
  })

  test('a lease comes back by way of a named parking, ends its shift and is charged to its last day', async () => {
    const { vehicle, lease, drivers } = await runningLease(house, postgres)
    await house.call('dispatcher', 'POST', '/api/shifts', { vehicleId: vehicle, driverId: drivers[0] })
    await house.clock.advance(2 * DAY)
    const unnamed = await house.call('manager', 'POST', `/api/leases/${lease}/return`, { note: 'сдаёт' })
    expect(unnamed.json().code).toBe('lease/terms')
    await house.call('manager', 'POST', `/api/leases/${lease}/return`, { note: 'сдаёт', parking: 'Рязанский 1' })
    const closed = (await house.call('manager', 'POST', `/api/leases/${lease}/close`)).json()
    expect(closed).toMatchObject({ state: 'closed', parking: 'Рязанский 1', nextChargeAt: null })
    expect((await charges(lease)).map((posting: { note: string }) => posting.note)).toEqual([
      '2026-11-23',
      '2026-11-21',
    ])
    await house.clock.advance(5 * DAY)
    await house.tick()
    expect(await charges(lease)).toHaveLength(2)
    expect(await house.leasing.shiftOf(vehicle)).toBeUndefined()
    const steps = (await house.call('manager', 'GET', `/api/leases/${lease}/history`)).json().items
    expect(steps.map(({ state }: { state: string }) => state)).toEqual(['active', 'returning', 'closed'])
  })

  test('no charged day becomes free; a coming one does', async () => {
    const { lease } = await runningLease(house, postgres)
    await house.tick()
    const { version, schedule } = (await house.call('manager', 'GET', `/api/leases/${lease}`)).json()
    const late = await house.call('manager', 'PATCH', `/api/leases/${lease}`, {
      version,
      schedule: { ...schedule, freeDays: ['2026-11-21'] },
    })
    expect(late.json().code).toBe('lease/day-charged')
    const free = await house.call('manager', 'PATCH', `/api/leases/${lease}`, {
      version,
      schedule: { ...schedule, freeDays: ['2026-11-23'] },
    })
    expect(free.statusCode).toBe(200)
    await house.clock.advance(3 * DAY)
    await house.tick()
    expect((await charges(lease)).map((posting: { note: string }) => posting.note)).toEqual([
      '2026-11-24',
      '2026-11-21',
    ])
  })

  test('a top-up changes the balance at once and says so within the same commit', async () => {
    await emptied(postgres)
    await house.leasing.open()
    const { vehicle, drivers } = await runningLease(house, postgres)
    const driver = DriverId.parse(drivers[0])
    await house.tick()
    house.events.length = 0
    house.changed.length = 0
    await topUp(driver, 700_000)
    await house.drain()
    expect(house.events).toEqual([
      { name: 'balance.changed', driverId: driver, kopecks: 550_000, asOf: house.clock.now(), wasKopecks: -150_000 },
    ])
    expect(house.changed).toEqual([vehicle])
    expect(await house.leasing.balances.balanceOf(driver, minutes(40))).toEqual({
      kopecks: 550_000,
      asOf: house.clock.now(),
    })
    await house.clock.advance(minutes(41))
    expect(await house.leasing.balances.balanceOf(driver, minutes(40))).toBeUndefined()
    await house.tick()
    expect(await house.leasing.balances.balanceOf(driver, minutes(40))).toMatchObject({ kopecks: 550_000 })
  })

  test('a promise is kept when enough has come in, and broken when its time is over', async () => {
    const { drivers } = await runningLease(house, postgres)
    const [driver = ''] = drivers
    const promise = (hours: number, kopecks = 300_000) =>
      house.call('manager', 'POST', '/api/ledger/promises', {
        driverId: driver,
        kopecks,
        until: new Date(house.clock.now() + hours * 3_600_000).toISOString(),
      })
    expect((await promise(100)).json()).toMatchObject({ code: 'promise/refused', why: 'too-long' })
    expect((await promise(24)).statusCode).toBe(201)
    expect((await promise(24)).json()).toMatchObject({ why: 'one-is-open' })
    expect(await house.leasing.ledger.hasPromise(DriverId.parse(driver))).toBe(true)
    await topUp(driver, 200_000)
    expect(await house.leasing.ledger.hasPromise(DriverId.parse(driver))).toBe(true)
    await topUp(driver, 100_000)
    expect(await house.leasing.ledger.hasPromise(DriverId.parse(driver))).toBe(false)
    expect((await promise(24)).json()).toMatchObject({ why: 'too-soon' })
    await house.clock.advance(14 * DAY)
    expect((await promise(24)).statusCode).toBe(201)
    await house.clock.advance(25 * 3_600_000)
    await house.tick()
    const { items } = (await house.call('manager', 'GET', `/api/ledger/promises?driver=${driver}`)).json()
    expect(items.map(({ state }: { state: string }) => state)).toEqual(['broken', 'kept'])
    expect(house.events.flatMap((event) => (event.name === 'promise.changed' ? [event.state] : []))).toEqual([
      'open',
      'kept',
      'open',
      'broken',
    ])
    const accounts = (await house.call('accountant', 'GET', `/api/ledger/accounts?driver=${driver}`)).json().items
    expect(accounts.find(({ kind: what }: { kind: string }) => what === 'promise')).toMatchObject({ kopecks: 0 })
  })

  test('who sees one park finds nothing of another', async () => {
    const elsewhere = await secondPark(postgres)
    const { lease, drivers, vehicle } = await runningLease(house, postgres)
    await topUp(drivers[0] ?? '', 100_000)
    const only = [elsewhere]
    const get = async (url: string) => house.call('manager', 'GET', url, undefined, only)
    expect((await get('/api/leases')).json().items).toEqual([])
    expect((await get('/api/drivers')).json().items).toEqual([])
    expect((await get('/api/shifts')).json().items).toEqual([])
    expect((await get('/api/ledger/postings')).json().items).toEqual([])
    expect((await get('/api/ledger/accounts')).json().items).toEqual([])
    expect((await get(`/api/leases/${lease}`)).statusCode).toBe(404)
    expect((await get(`/api/drivers/${drivers[0]}`)).statusCode).toBe(404)
    const paid = await house.call(
      'accountant',
      'POST',
      '/api/ledger/top-ups',
      { driverId: drivers[0], kopecks: 1, via: 'cash' },
      only,
    )
    expect(paid.statusCode).toBe(404)
    const shift = await house.call('manager', 'POST', '/api/shifts', { vehicleId: vehicle, driverId: drivers[0] }, only)
    expect(shift.json().code).toBe('shift/no-lease')
  })

  test('one lease that cannot be charged keeps no other from it', async () => {
    const first = await runningLease(house, postgres)
    const second = await runningLease(house, postgres)
    await sql`update leases set schedule = '{"rates": "?"}' where id = ${first.lease}::uuid`.execute(postgres.db)
    await house.clock.advance(2 * DAY)
    await house.leasing.charges.chargeDue(200)
    expect(await charges(first.lease)).toHaveLength(1)
    expect(await charges(second.lease)).toHaveLength(2)
  })
})
