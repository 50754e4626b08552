import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { minutes } from '#contract/instant.ts'
import { type BalancePage, type BalanceSource, SourceTrouble } from '../../../cloud/balances/balance-source.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { type LeasingHouse, newDriver, openLeasingHouse } from '../../support/leasing-house.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })
afterAll(stopSqlServer)

describe.each(sqlKinds())('rounds through the sources of balances on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: LeasingHouse
  let clock: ManualClock
  let trouble: SourceTrouble | undefined
  let told: Map<string, number>
  let asked: number
  const source: BalanceSource = {
    id: 'elsewhere:p1',
    page: async (cursor): Promise<BalancePage> => {
      asked += 1
      if (trouble !== undefined) throw trouble
      const all = [...told].map(([externalId, kopecks]) => ({ externalId, kopecks, status: 'free' }))
      const from = cursor === undefined ? 0 : Number(cursor)
      const next = from + 2 < all.length ? String(from + 2) : undefined
      return { items: all.slice(from, from + 2), refused: [], asOf: clock.now(), next }
    },
  }
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  beforeEach(async () => {
    await emptied(postgres)
    clock = createManualClock()
    trouble = undefined
    told = new Map()
    asked = 0
    house = await openLeasingHouse(postgres, { clock, sources: [source] })
  })
  afterEach(() => house.close())
  afterAll(() => database.close())

  const driverElsewhere = async (externalId: string): Promise<DriverId> => {
    const ref = { source: source.id, externalId }
    return DriverId.parse((await house.call('manager', 'POST', '/api/drivers', newDriver({ ref }))).json().id)
  }
  const balance = (driver: DriverId) => house.leasing.balances.balanceOf(driver, minutes(40))

  test('drivers known elsewhere have their balance from there, all others from the ledger', async () => {
    const [one, two, three] = [await driverElsewhere('x1'), await driverElsewhere('x2'), await driverElsewhere('x3')]
    const own = DriverId.parse((await house.call('manager', 'POST', '/api/drivers', newDriver())).json().id)
    told = new Map([
      ['x1', 499_999],
      ['x2', 500_000],
      ['stranger', 5],
      ['x3', -7],
    ])
    await house.tick()
    expect(await Promise.all([one, two, three, own].map(balance))).toMatchObject([
      { kopecks: 499_999 },
      { kopecks: 500_000 },
      { kopecks: -7 },
      { kopecks: 0 },
    ])
    const { items } = (await house.call('accountant', 'GET', '/api/balances/sources')).json()
    expect(items).toMatchObject([
      { source: 'elsewhere:p1', drivers: 3, strangers: 1, trouble: null },
      { source: 'ledger', drivers: 1 },
    ])
    expect(house.events).toHaveLength(4)
    house.events.length = 0
    await clock.advance(minutes(20))
    told.set('x2', 499_000)
    await house.tick()
    expect(house.events).toMatchObject([
      { name: 'balance.changed', driverId: two, kopecks: 499_000, wasKopecks: 500_000 },
    ])
  })

  test('within twenty minutes every balance is told again; two instances ask once', async () => {
    const driver = await driverElsewhere('x1')
    told = new Map([['x1', 1]])
    const other = await openLeasingHouse(postgres, { clock, sources: [source] })
    await Promise.all([house.tick(), other.tick()])
    expect(asked).toBe(1)
    for (let minute = 0; minute < 20; minute += 1) {
      await clock.advance(minutes(1))
      await house.tick()
      await other.tick()
    }
    await other.close()
    expect(asked).toBe(2)
    expect(clock.now() - ((await balance(driver))?.asOf ?? 0)).toBeLessThanOrEqual(minutes(2))
  })

  test('a source that answers 429 for an hour: nobody changes, what was known grows old and then is unknown', async () => {
    const driver = await driverElsewhere('x1')
    told = new Map([['x1', 400_000]])
    await house.tick()
    house.events.length = 0
    trouble = new SourceTrouble('too-many-requests', 'status 429', 7000)
    told.set('x1', 900_000)
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(minutes(1))
      await house.tick()
    }
    expect(house.events).toEqual([])
    expect(await balance(driver)).toBeUndefined()
    expect((await house.leasing.balances.balancesOf([driver])).get(driver)).toMatchObject({ kopecks: 400_000 })
    // Asked again and again, but ever more seldom.
    expect(asked).toBeLessThan(12)
    trouble = undefined
    await clock.advance(minutes(12))
    await house.tick()
    expect(await balance(driver)).toMatchObject({ kopecks: 900_000 })
  })

  test('an instance that dies in the middle of a round is followed by another', async () => {
    const driver = await driverElsewhere('x1')
    told = new Map([['x1', 1]])
    const never = openLeasingHouse(postgres, {
      clock,
      sources: [{ id: source.id, page: () => new Promise<BalancePage>(() => {}) }],
    })
    const stuck = await never
    const stop = new AbortController().signal
    const hanging = stuck.leasing.balances.sweep(stop)
    hanging.catch(() => {})
    await expect
      .poll(async () => (await house.leasing.balances.sweeps()).find((one) => one.source === source.id)?.takenUntil)
      .not.toBeNull()
    await house.tick()
    expect(await balance(driver)).toBeUndefined()
    await clock.advance(minutes(2))
    await house.tick()
    expect(await balance(driver)).toMatchObject({ kopecks: 1 })
    await stuck.close()
  })

  test('a top-up here counts at once for a balance kept elsewhere, until its source speaks again; an older page changes nothing', async () => {
    const driver = await driverElsewhere('x1')
    told = new Map([['x1', 400_000]])
    await house.tick()
    const { asOf } = (await balance(driver)) ?? {}
    await clock.advance(minutes(5))
    await house.call('accountant', 'POST', '/api/ledger/top-ups', { driverId: driver, kopecks: 200_000, via: 'cash' })
    await house.drain()
    expect(await balance(driver)).toEqual({ kopecks: 600_000, asOf })
    expect(house.events.at(-1)).toMatchObject({ name: 'balance.changed', kopecks: 600_000, wasKopecks: 400_000 })
    await clock.advance(minutes(15))
    await house.tick()
    expect(await balance(driver)).toMatchObject({ kopecks: 400_000 })
  })

  test('the round can be asked for at once, of a source that there is', async () => {
    await house.tick()
    expect(asked).toBe(1)
    expect((await house.call('head', 'POST', '/api/balances/sources/elsewhere:p1/ask')).statusCode).toBe(202)
    await clock.advance(1000)
    await house.tick()
    expect(asked).toBe(2)
    expect((await house.call('head', 'POST', '/api/balances/sources/nowhere/ask')).json().code).toBe(
      'balance/no-source',
    )
  })
})
