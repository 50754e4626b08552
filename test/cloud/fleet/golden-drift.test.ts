import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { lookForDrift } from '../../../cloud/fleet/golden-loop.ts'
import { createGoldenStore } from '../../../cloud/fleet/golden-store.ts'
import type { Alert } from '../../../cloud/live/live-message.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { fittedVehicle, openVehicleHouse, type VehicleHouse } from '../../support/vehicle-house.ts'

let dir: string
let database: SqlDatabase
let postgres: Postgres
let house: VehicleHouse
const alerts: Alert[] = []
const Trouble = z.object({ kind: z.string(), text: z.string() })
const Gateways = z.object({ items: z.array(z.object({ id: z.string(), troubles: z.array(Trouble) })) })
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-drift-'))
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
  house = await openVehicleHouse(postgres, { dataDir: dir })
})
afterAll(async () => {
  await house.stop()
  await database.close()
  rmSync(dir, { recursive: true, force: true })
})

const URL = `/api/parks/${MAIN_PARK}/golden-setup`
const look = () =>
  lookForDrift({
    store: createGoldenStore(postgres.db),
    fleet: house.parts.fleet,
    alert: (alert) => void alerts.push(alert),
    clock: house.clock,
    log: silentLog,
  })

test('a gateway unlike its park is told of once, shown with what differs, and forgotten when it is right again', async () => {
  const { gateway, vehicle } = await fittedVehicle(house)
  const troubles = async () => {
    const { items } = Gateways.parse((await house.call('technician', 'GET', '/api/gateways')).json())
    return items.flatMap((one) => (one.id === gateway ? one.troubles.filter(({ kind }) => kind === 'drift') : []))
  }
  const wanted = (baseVersion: number | null, setup: object) =>
    house.call('head', 'PUT', URL, { baseVersion, setup, note: 'так решили' })

  expect((await house.call('technician', 'GET', URL)).json()).toEqual({ golden: null })
  expect((await wanted(null, { software: '0.2.0' })).statusCode).toBe(200)
  // Two at once: the second is told.
  expect((await wanted(null, { software: '9.9.9' })).statusCode).toBe(409)
  await look()
  // It has not said yet what it runs.
  expect(alerts).toEqual([])
  await house.parts.fleet.onStatus(gateway, { v: 1, online: true, at: house.clock.now(), software: '0.1.0' })
  await look()
  await look()
  expect(alerts).toHaveLength(1)
  expect(alerts[0]).toMatchObject({ kind: 'configuration-drift', vehicleId: vehicle, data: { gatewayId: gateway } })
  expect((await troubles()).map(({ text }) => text)).toEqual(['software: 0.1.0 where the park has 0.2.0'])

  expect((await wanted(1, { software: '9.9.9' })).statusCode).toBe(200)
  await look()
  expect(alerts).toHaveLength(2)
  expect(await troubles()).toEqual([{ kind: 'drift', text: expect.stringContaining('9.9.9') }])

  expect((await wanted(2, {})).statusCode).toBe(200)
  await look()
  expect(await troubles()).toEqual([])
  expect(alerts).toHaveLength(2)
  expect((await house.call('manager', 'PUT', URL, { baseVersion: 3, setup: {} })).statusCode).toBe(403)
})
