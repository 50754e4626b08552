import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { type Session, seedLease } from '../../demo/lease-seed.ts'
import { type LeasingHouse, openLeasingHouse, parkedVehicle } from '../support/leasing-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../support/sql-databases.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })
const NOW = Date.parse('2026-11-20T09:00:00Z')
let database: SqlDatabase
let postgres: Postgres
let house: LeasingHouse
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  house = await openLeasingHouse(postgres)
})
afterAll(async () => {
  await house.close()
  await database.close()
})

const owner: Session = {
  send: async <Answer>(method: string, path: string, answer: z.ZodType<Answer>, body?: object) => {
    if (method !== 'GET' && method !== 'POST') throw new Error(method)
    const got = await house.call('owner', method, path, body)
    if (got.statusCode >= 300) throw new Error(got.body)
    return answer.parse(got.json())
  },
}

test('a car of the demo is leased to its two drivers, once, with the balances on the list', async () => {
  const vehicle = await parkedVehicle(postgres)
  await seedLease(owner, 'errands', vehicle, NOW)
  await house.tick()
  await seedLease(owner, 'errands', vehicle, NOW)
  const { items } = (await house.call('owner', 'GET', '/api/drivers')).json()
  expect(
    items.map((one: { shortName: string; balance: { kopecks: number } }) => [one.shortName, one.balance.kopecks]),
  ).toEqual([
    ['Лапин Е. С.', 2_400_000],
    ['Муратов А. К.', 630_000],
  ])
  expect((await house.call('owner', 'GET', '/api/leases')).json().items).toMatchObject([
    { state: 'active', vehicle: { id: vehicle } },
  ])
  const facts = (await house.leasing.leaseFactsOf([vehicle])).get(vehicle)
  expect(facts).toMatchObject({
    driver: { name: 'Лапин Е. С.', phone: '+79160000112' },
    balance: { kopecks: 2_400_000 },
  })
})

test('a car that is not on the list stays without a lease', async () => {
  const vehicle = await parkedVehicle(postgres)
  await seedLease(owner, 'parked', vehicle, NOW)
  expect((await house.leasing.leaseFactsOf([vehicle])).size).toBe(0)
})
