import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { stopping } from '../../../cloud/aggregator/order-gate.ts'
import { createOrderStopService } from '../../../cloud/aggregator/order-stop-service.ts'
import { createOrderStopStore } from '../../../cloud/aggregator/order-stop-store.ts'
import { aboard, passengerOf } from '../../../cloud/aggregator/passenger.ts'
import { createYandexOrdersClient } from '../../../cloud/aggregator/yandex-orders-client.ts'
import { SourceTrouble } from '../../../cloud/balances/balance-source.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createSubjectStore } from '../../../cloud/rules/subject-store.ts'
import { createFakeYandexFleet, type FakeYandexFleet } from '../../../demo/yandex-fleet-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { addLease, setBalance } from '../../support/rule-house.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

const NOW = epochMs(1_795_289_123_456)
const MINUTE = 60_000

test.each([
  ['in_order', 1, 'aboard'],
  ['in_order_busy', 1, 'aboard'],
  ['free', 1, 'none'],
  ['offline', 5, 'none'],
  ['busy', 1, undefined],
  ['free', 5.1, undefined],
  ['in_order', 5.1, undefined],
  [null, 0, undefined],
] as const)('«%s» of %d minutes ago: %s', (status, age, expected) =>
  expect(passengerOf({ status, asOf: epochMs(NOW - age * MINUTE) }, NOW)).toBe(expected),
)

test('whatever is said of the drivers, nobody aboard is only said on a fresh word of him who answers for the car', () => {
  const word = fc.record({
    status: fc.constantFrom('free', 'offline', 'busy', 'in_order', null),
    asOf: fc.constantFrom(epochMs(NOW), epochMs(NOW - 4 * MINUTE), epochMs(NOW - 6 * MINUTE), null),
  })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 3 }), fc.nat(3), (all, who) => {
      const answering = all[who]
      const known = aboard(answering, all, NOW)
      if (known !== false) return
      expect(answering?.asOf ?? 0).toBeGreaterThanOrEqual(NOW - 5 * MINUTE)
      expect(['free', 'offline']).toContain(answering?.status)
      expect(all.filter((one) => passengerOf(one, NOW) === 'aboard')).toEqual([])
    }),
  )
})

test.each([
  ['0.0000', 500_000, '5000.0000'],
  ['7000.0000', 500_000, '7000.0000'],
  ['много', 500_000, '5000.0000'],
])('a limit of %s and a threshold of %d kopecks: %s', (limit, kopecks, expected) =>
  expect(stopping({ limit, blocks: false }, kopecks)).toEqual({ limit: expected, blocks: true }),
)

let database: SqlDatabase
let postgres: Postgres
let yandex: FakeYandexFleet
let baseUrl: string
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  yandex = createFakeYandexFleet({ parkId: 'p1', clientId: 'c', apiKey: 'k', drivers: 2 })
  baseUrl = await yandex.listen()
}, 60_000)
afterAll(async () => {
  await yandex.close()
  await database.close()
})

const never = new AbortController().signal
const told: string[] = []
const service = (gates: 'one' | 'none' = 'one') => {
  const clock = createManualClock(NOW)
  const park = { source: 'yandex-fleet:p1', yandexParkId: 'p1', clientId: 'c', apiKey: 'k', baseUrl }
  return createOrderStopService({
    db: postgres.db,
    clock,
    log: silentLog,
    gates: gates === 'one' ? [createYandexOrdersClient(park, { clock })] : [],
    store: createOrderStopStore,
    shiftsOf: createSubjectStore(postgres.db).shifts,
    minKopecks: async () => 500_000,
    stopped: async (driver) => void told.push(driver),
  })
}

test('new orders are stopped once, a failure in between is made up for, and what stood there before comes back', async () => {
  const { driver, vehicleId } = await addLease(postgres)
  const [profile] = yandex.drivers
  if (profile === undefined) throw new Error('a driver')
  const ref = { driverId: driver, source: 'yandex-fleet:p1', externalId: profile.id }
  await postgres.db.insertInto('driverRefs').values(ref).execute()
  await setBalance(postgres, driver, 1, NOW)
  await postgres.db.updateTable('balances').set({ status: 'free' }).where('driverId', '=', driver).execute()
  profile.balanceLimit = '150.0000'

  expect((await service().vehicleFacts([vehicleId])).get(vehicleId)).toMatchObject({
    facts: { aboard: false },
    asOf: { aboard: NOW },
  })
  expect((await service().driverFacts([driver])).get(driver)?.facts).toEqual({ ordersStoppable: true })
  expect((await service('none').driverFacts([driver])).get(driver)?.facts).toEqual({ ordersStoppable: false })

  yandex.fault = 'too-many-requests'
  await expect(service().stop(driver, never)).rejects.toThrow(SourceTrouble)
  expect(told).toEqual([])
  yandex.fault = 'none'
  expect(await service().stop(driver, never)).toBe('stopped')
  expect(await service().stop(driver, never)).toBe('stopped')
  expect(told).toEqual([driver])
  expect(profile).toMatchObject({ balanceLimit: '5000.0000', blocksOrders: true })
  expect(await service().stoppedPermit([driver], NOW)).toEqual(new Set([driver]))

  expect(await service().allow(driver, never)).toBe('allowed')
  expect(profile).toMatchObject({ balanceLimit: '150.0000', blocksOrders: false })
  expect(await service().stoppedPermit([driver], NOW)).toEqual(new Set())
  expect(await service().allow(driver, never)).toBe('allowed')
})

test('a driver of no aggregator is left alone', async () => {
  const { driver } = await addLease(postgres)
  expect(await service().stop(driver, never)).toBe('not-possible')
})
