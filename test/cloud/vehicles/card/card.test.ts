import { afterAll, beforeAll, expect, test } from 'vitest'
import { isVin, vinFrom } from '#contract/vehicle-marks.ts'
import type { Postgres } from '../../../../cloud/postgres/postgres-client.ts'
import { vinCheck } from '../../../../cloud/vehicles/card/card.ts'
import { createCardStore } from '../../../../cloud/vehicles/card/card-store.ts'
import { epochMs } from '../../../../contract/instant.ts'
import { parkedVehicle } from '../../../support/leasing-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../../support/sql-databases.ts'

test.each([
  ['1M8GDM9AXKP042788', true, 'fits'],
  ['1HGCM82633A004352', true, 'fits'],
  ['1HGCM82634A004352', true, 'does-not-fit'],
  ['XTA210991Y2766389', true, 'does-not-fit'],
  ['1M8GDM9AXKP04278', false, undefined],
  ['1M8GDM9AXKPO42788', false, undefined],
])('%s: a VIN %s, the check digit %s', (vin, isOne, check) => {
  expect(isVin(vin)).toBe(isOne)
  if (check !== undefined) expect(vinCheck(vin)).toBe(check)
})

test('written by a person, in Cyrillic letters and groups, it is the same VIN', () =>
  expect(vinFrom('хта 210990-у2766389')).toBe('XTA210990Y2766389'))

let database: SqlDatabase
let postgres: Postgres
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
}, 60_000)
afterAll(() => database.close())

test('a card is written over only by who has seen its last version', async () => {
  const cards = createCardStore(postgres.db)
  const vehicleId = await parkedVehicle(postgres)
  const card = { vehicleId, vin: 'XTA210990Y2766389', sts: '99 12 345678', year: 2023, colour: 'белый' }
  const row = { ...card, marketValueKopecks: null, note: '', changedAt: epochMs(1), changedBy: 'x' }
  expect(await cards.save({ ...row, version: 1 })).toBe(true)
  expect(await cards.save({ ...row, version: 1, colour: 'жёлтый' })).toBe(false)
  expect(await cards.save({ ...row, version: 2, colour: 'жёлтый' })).toBe(true)
  expect(await cards.save({ ...row, version: 2 })).toBe(false)
  expect(await cards.find(vehicleId)).toMatchObject({ colour: 'жёлтый', version: 2 })
})
