import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { arrearsForecast, isOldDebt } from '../../../cloud/numbers/arrears.ts'
import { type CarNow, lotOf } from '../../../cloud/numbers/lot.ts'
import { createNumbersService } from '../../../cloud/numbers/numbers-service.ts'
import { createNumbersStore } from '../../../cloud/numbers/numbers-store.ts'
import { idleCost, quantile, type Stretch, utilisation, waitsForLine } from '../../../cloud/numbers/standing.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { type LeasingHouse, openLeasingHouse, runningLease } from '../../support/leasing-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })
const HOUR = 3_600_000
const car = (digit: number) => VehicleId.parse(`00000000-0000-4000-8000-00000000000${digit}`)
const man = (digit: number) => DriverId.parse(`00000000-0000-4000-8000-00000000000${digit}`)
const stretch = (vehicle: number, standing: Stretch['standing'], from: number, until: number | null): Stretch => ({
  vehicleId: car(vehicle),
  standing,
  from: epochMs(from * HOUR),
  until: until === null ? null : epochMs(until * HOUR),
})
const time = { from: epochMs(0), to: epochMs(24 * HOUR) }

test('КВЛ, КТГ and idle time of two cars and a day', () => {
  const life = [
    stretch(1, 'on_line', -50, 12),
    stretch(1, 'service', 12, 18),
    stretch(1, 'no_driver', 18, null),
    stretch(2, 'hold_balance', -3, 6),
    stretch(2, 'on_line', 6, 48),
  ]
  const used = utilisation(life, time)
  expect(used).toMatchObject({ allMs: 48 * HOUR, onLineMs: 30 * HOUR, fitMs: 42 * HOUR })
  expect(used.idle).toEqual(
    new Map([
      ['service', new Map([[car(1), 6 * HOUR]])],
      ['no_driver', new Map([[car(1), 6 * HOUR]])],
      ['hold_balance', new Map([[car(2), 6 * HOUR]])],
    ]),
  )
  expect(idleCost(6 * HOUR, 240_000)).toBe(60_000)
})

test('A-44: what may be given out today, what is in repair, on which parking, inside the zone or not', () => {
  const seen = (parking: string | null, standing: CarNow['standing'], more: Partial<CarNow> = {}): CarNow => ({
    parking,
    standing,
    inside: true,
    gateway: 'fit',
    ...more,
  })
  const cars = [
    seen('Юг', 'no_driver'),
    // Free, but nobody has seen its relay work, or its papers are over, or it is held: none of them goes out.
    seen('Юг', 'no_driver', { gateway: 'unfit' }),
    seen('Юг', 'papers'),
    seen('Авиамоторная', 'hold_zone', { inside: false }),
    seen('Авиамоторная', 'parts_wait'),
    seen(null, 'service', { inside: null }),
    seen(null, 'on_line'),
    seen(null, undefined),
  ]
  expect(lotOf(cars)).toEqual({
    ready: 1,
    inRepair: 2,
    zone: { inside: 6, outside: 1, unknown: 1 },
    places: [
      { parking: 'Авиамоторная', vehicles: 2, ready: 0, inRepair: 1 },
      { parking: 'Юг', vehicles: 3, ready: 1, inRepair: 0 },
      { parking: null, vehicles: 3, ready: 0, inRepair: 1 },
    ],
  })
})

test('from ready to the line: counted from the end of the last work, for a car that came onto it in this time', () => {
  const life = [
    stretch(1, 'service', 0, 2),
    stretch(1, 'washing', 2, 3),
    stretch(1, 'no_driver', 3, 5),
    stretch(1, 'on_line', 5, 6),
    stretch(1, 'hold_balance', 6, 7),
    stretch(1, 'on_line', 7, null),
    stretch(2, 'on_line', 1, 2),
    stretch(3, 'service', -9, -5),
    stretch(3, 'on_line', -5, null),
  ]
  expect(waitsForLine(life, time)).toEqual([{ vehicleId: car(1), readyAt: 3 * HOUR, onLineAt: 5 * HOUR }])
})

test.each([
  [[], 0.5, undefined],
  [[7], 0.9, 7],
  [[4, 1, 3, 2], 0.5, 2],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9],
])('quantile of %j at %d is %s', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected)
})

test('the forecast: balance less what is charged plus the median of his days; of an unknown balance nothing is said', () => {
  const credits = [0, 0, 0, 0, 100, 100, 100, 100, 100, 100, 300, 300, 300, 300]
  const forecast = arrearsForecast(
    [
      { driverId: man(1), balanceKopecks: 500, aheadKopecks: 1700, creditsKopecks: credits },
      { driverId: man(2), balanceKopecks: undefined, aheadKopecks: 1000, creditsKopecks: [] },
      { driverId: man(3), balanceKopecks: 5000, aheadKopecks: 100, creditsKopecks: [] },
    ],
    7,
  )
  expect(forecast).toMatchObject({ expectedKopecks: 500, p20Kopecks: 0, p80Kopecks: 1200, unknown: [man(2)] })
})

test('the band always holds the forecast', () => {
  const payer = fc.record({
    driverId: fc.constant(man(1)),
    balanceKopecks: fc.option(fc.integer({ min: -1e7, max: 1e7 }), { nil: undefined }),
    aheadKopecks: fc.nat(1e7),
    creditsKopecks: fc.array(fc.nat(1e6), { minLength: 14, maxLength: 14 }),
  })
  fc.assert(
    fc.property(fc.array(payer, { maxLength: 8 }), (payers) => {
      const { p20Kopecks, expectedKopecks, p80Kopecks } = arrearsForecast(payers, 7)
      expect(p20Kopecks).toBeLessThanOrEqual(expectedKopecks)
      expect(expectedKopecks).toBeLessThanOrEqual(p80Kopecks)
    }),
  )
})

test.each([
  [-100, 0, true],
  [-100, 99, true],
  [-100, 100, false],
  [5, 0, false],
])('a balance of %i after charges of %i in three days: an old debt is %s', (balance, charged, old) => {
  expect(isOldDebt(balance, charged)).toBe(old)
})

describe('the report', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: LeasingHouse
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
  })
  beforeEach(async () => {
    house = await openLeasingHouse(postgres)
  })
  afterEach(() => house.close())
  afterAll(() => database.close())

  test('money at risk, expected arrears and last week’s forecast against what came; what nobody knows is null', async () => {
    const service = createNumbersService({
      clock: house.clock,
      store: createNumbersStore(postgres.db),
      balanceMaxAge: minutes(40),
    })
    const { drivers, vehicle } = await runningLease(house, postgres, {
      plan: 'buyout',
      schedule: { rates: [100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000] },
      buyout: { priceKopecks: 90_000_000, dailyShareKopecks: 10_000 },
      marketValueKopecks: 80_000_000,
    })
    const [driver = ''] = drivers
    await house.tick()
    await service.keepForecasts()
    const first = await service.morning('all', 7)
    // 1 000 ₽ are owed; in seven days it will be 8 000 ₽, for nothing ever came in.
    expect(first.arrears).toMatchObject({
      forDay: '2026-11-28',
      expectedKopecks: 800_000,
      p20Kopecks: 800_000,
      p80Kopecks: 800_000,
      lastWeek: null,
    })
    expect(first).toMatchObject({ leased: 1, onLine: { share: null }, idle: null, overdueInspections: { count: null } })
    for (let day = 0; day < 7; day += 1) {
      await house.clock.advance(24 * HOUR)
      await house.tick()
    }
    await house.call('accountant', 'POST', '/api/ledger/top-ups', { driverId: driver, kopecks: 250_000, via: 'bank' })
    // While nobody knows his balance nothing is written down as what came.
    await house.clock.advance(minutes(41))
    await service.keepForecasts()
    expect((await service.morning('all', 7)).arrears.lastWeek?.actualKopecks).toBeNull()
    await house.tick()
    await service.keepForecasts()
    const { arrears, moneyAtRisk } = await service.morning('all', 7)
    expect(arrears.lastWeek).toEqual({
      madeOn: '2026-11-21',
      forDay: '2026-11-28',
      expectedKopecks: 800_000,
      p20Kopecks: 800_000,
      p80Kopecks: 800_000,
      actualKopecks: 550_000,
    })
    // Eight days were charged, of each a part counts towards the price.
    expect(moneyAtRisk).toMatchObject({ kopecks: 80_000_000 - 80_000, vehicles: 1, unvalued: 0 })
    const list = await service.list('money-at-risk', 'all', 7, undefined)
    expect(list).toMatchObject([{ vehicle: { id: vehicle }, kopecks: 79_920_000, note: 'debt, no contact' }])
    expect(await service.list('arrears', 'all', 7, undefined)).toMatchObject([
      { driver: { id: driver }, kopecks: 1_250_000 },
    ])
    expect((await service.morning([], 7)).vehicles).toBe(0)
    await house.clock.advance(minutes(41))
    expect((await service.morning('all', 7)).arrears).toMatchObject({ expectedKopecks: 0, unknown: 1 })
  })

  test('utilisation comes from the lives of the vehicles, when somebody tells them', async () => {
    const { vehicle } = await runningLease(house, postgres, {
      schedule: { rates: [240_000, 240_000, 240_000, 240_000, 240_000, 240_000, 240_000] },
    })
    const now = house.clock.now()
    const service = createNumbersService({
      clock: house.clock,
      store: createNumbersStore(postgres.db),
      balanceMaxAge: minutes(40),
      stretchesOf: async () => [
        { vehicleId: vehicle, standing: 'service', from: epochMs(now - 12 * HOUR), until: epochMs(now - 6 * HOUR) },
        { vehicleId: vehicle, standing: 'no_driver', from: epochMs(now - 6 * HOUR), until: epochMs(now - 4 * HOUR) },
        { vehicleId: vehicle, standing: 'on_line', from: epochMs(now - 4 * HOUR), until: null },
      ],
      overdueInspections: async () => [{ vehicleId: vehicle, note: '500 км' }],
    })
    // A car without a gateway goes to nobody.
    const lot = await service.lot('all')
    expect(lot.vehicles).toBeGreaterThan(0)
    expect(lot.places).toEqual([{ parking: null, vehicles: lot.vehicles, ready: 0, inRepair: 0 }])
    expect(await service.lot([])).toMatchObject({ vehicles: 0, places: [] })
    const morning = await service.morning('all', 7)
    expect(morning).toMatchObject({
      onLine: { share: 4 / 12 },
      fit: { share: 6 / 12 },
      readyToLine: { medianMinutes: 120, p90Minutes: 120, count: 1 },
      overdueInspections: { count: 1 },
    })
    expect(morning.idle).toMatchObject([
      { reason: 'service', hours: 6, kopecks: 60_000, href: '/api/reports/morning/idle?days=7&reason=service' },
      { reason: 'no_driver', hours: 2, kopecks: 20_000 },
    ])
    expect(await service.list('idle', 'all', 7, 'service')).toMatchObject([{ vehicle: { id: vehicle }, minutes: 360 }])
  })
})
