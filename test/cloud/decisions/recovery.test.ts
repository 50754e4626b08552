import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMigrationService } from '../../../cloud/postgres/migration-service.ts'
import { createPostgres, type Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { seedPglite } from '../../support/pglite-template.ts'
import { silentLog } from '../../support/silent-log.ts'
import { claimsOf, fittedVehicle, openVehicleHouse, reportOf, type VehicleHouse } from '../../support/vehicle-house.ts'

// Each test starts the embedded database several times.
vi.setConfig({ testTimeout: 120_000 })

let dataDir: string
let clock: ManualClock
let postgres: Postgres
let house: VehicleHouse
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'kordon-recovery-'))
  clock = createManualClock()
  await seedPglite(dataDir, 'migrated')
  await open()
})
afterEach(async () => {
  await close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function open(cursors = new Map<string, number>()): Promise<void> {
  postgres = createPostgres({ dataDir, log: silentLog })
  await createMigrationService({ inTransaction: postgres.inTransaction, clock, log: silentLog }).migrate()
  house = await openVehicleHouse(postgres, { dataDir, clock, cursors })
}
async function close(): Promise<void> {
  await house.stop()
  await postgres.close()
}
const copy = () => join(dataDir, 'copy')
/** Takes a copy of the database as it is now. */
async function keepCopy(): Promise<void> {
  await close()
  cpSync(join(dataDir, 'pglite'), copy(), { recursive: true })
  await open()
}
/** What a power cut does to a database that does not sync: it is back where the copy was taken. The journals are not. */
async function losePower(): Promise<void> {
  const { cursors } = house
  await close()
  rmSync(join(dataDir, 'pglite'), { recursive: true })
  cpSync(copy(), join(dataDir, 'pglite'), { recursive: true })
  await open(cursors)
}
const vehicleJson = async (vehicle: string) => (await house.call('manager', 'GET', `/api/vehicles/${vehicle}`)).json()

test('holds and orders that were acknowledged come back, with the same ids and the same signed words', async () => {
  const { vehicle, gateway } = await fittedVehicle(house)
  await keepCopy()
  const placed = (
    await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'долг' })
  ).json()
  await house.settle()
  const before = house.published.at(-1)
  await losePower()
  expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
    holds: [{ id: placed.hold.id, reason: 'manual', note: 'долг', orderId: placed.order.id }],
    order: { id: placed.order.id, action: 'block' },
  })
  await house.settle()
  expect(house.published.at(-1)).toEqual(before)
  await house.tell(gateway, reportOf(claimsOf(before?.payload ?? ''), 'verified', 'open', clock.now()))
  expect((await vehicleJson(vehicle)).immobilizer.state).toBe('blocked')
})

test('a lifted hold stays lifted', async () => {
  const { vehicle } = await fittedVehicle(house)
  const placed = (
    await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'theft', note: 'угон' })
  ).json()
  await keepCopy()
  await house.call('owner', 'DELETE', `/api/vehicles/${vehicle}/holds/${placed.hold.id}`, { note: 'нашли' })
  await losePower()
  const { holds, order } = (await vehicleJson(vehicle)).immobilizer
  expect(holds).toEqual([])
  expect(order).toMatchObject({ action: 'unblock' })
})

test('vehicles, gateways, their passwords and seals come back', async () => {
  await keepCopy()
  const { vehicle, gateway, grant } = await fittedVehicle(house)
  await losePower()
  expect(house.parts.fleet.vehicleNow(gateway)).toBe(vehicle)
  expect((await vehicleJson(vehicle)).immobilizer.canBlock).toBe(true)
  if (grant.by !== 'password') throw new Error('expected a password')
  expect(await house.parts.fleet.checkPassword(gateway, grant.password)).toBe(true)
})

test('projections are wound back to where the database really stands', async () => {
  const { vehicle, gateway } = await fittedVehicle(house)
  await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'долг' })
  await house.settle()
  await keepCopy()
  const order = claimsOf(house.published.at(-1)?.payload ?? '')
  const told = await house.tell(gateway, reportOf(order, 'received', 'closed', clock.now()))
  expect(house.cursors.get('orders')).toBe(told[0]?.position)
  await losePower()
  expect(house.cursors.get('orders')).toBe(0)
  await house.give(told)
  expect((await vehicleJson(vehicle)).immobilizer.order.state).toBe('received')
})

test('a database that is gone altogether is rebuilt', async () => {
  const { vehicle } = await fittedVehicle(house)
  await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'долг' })
  await close()
  rmSync(join(dataDir, 'pglite'), { recursive: true })
  await open()
  expect((await vehicleJson(vehicle)).immobilizer.holds).toHaveLength(1)
})

test('a restart without any loss replays nothing', async () => {
  const { vehicle } = await fittedVehicle(house)
  const placed = (
    await house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason: 'manual', note: 'долг' })
  ).json()
  await close()
  await open()
  await postgres.db.deleteFrom('orderSteps').execute()
  await close()
  await open()
  expect(await postgres.db.selectFrom('orderSteps').selectAll().execute()).not.toContainEqual(
    expect.objectContaining({ orderId: placed.order.id, state: 'created' }),
  )
})

test('codes that were given out, graces and secrets come back: no code is given twice', async () => {
  const { vehicle } = await fittedVehicle(house)
  await keepCopy()
  const renewed = await fittedVehicle(house, 'В002ВВ77')
  const ask = async (car: string) => (await house.call('manager', 'POST', `/api/vehicles/${car}/unlock-code`)).json()
  const before = [await ask(vehicle), await ask(renewed.vehicle)]
  const until = new Date(clock.now() + 3_600_000).toISOString()
  await house.call('manager', 'POST', `/api/vehicles/${vehicle}/grace`, { until, note: 'x' })
  await losePower()
  const after = [await ask(vehicle), await ask(renewed.vehicle)]
  expect(before.map(({ counter }) => counter)).toEqual([0, 0])
  expect(after.map(({ counter }) => counter)).toEqual([1, 1])
  expect((await vehicleJson(vehicle)).immobilizer.grace).toMatchObject({ until })
})
