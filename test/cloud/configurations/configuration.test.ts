import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { CONFIGURATION_TYP, Configuration } from '#contract/configuration.ts'
import { downTopic } from '#contract/topics.ts'
import { createSheetReader } from '../../../cloud/pki/report-proof-client.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createSheetSigner } from '../../../edge/commissioning/sheet-signature-client.ts'
import { createSignerKeysStore } from '../../../edge/orders/signer-keys-store.ts'
import { certified, GATEWAY } from '../../support/edge-rig.ts'
import { createSqlDatabase, emptied, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { systemClock } from '../../support/system-clock.ts'
import { fittedVehicle, frameOf, openVehicleHouse, type VehicleHouse } from '../../support/vehicle-house.ts'

let dir: string
let database: SqlDatabase
let postgres: Postgres
let house: VehicleHouse
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
})
afterAll(() => database.close())
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-configurations-'))
  await emptied(postgres)
  house = await openVehicleHouse(postgres, { dataDir: dir })
})
afterEach(async () => {
  await house.stop()
  rmSync(dir, { recursive: true, force: true })
})

const document = {
  devices: [{ id: 'relay', profile: 'waveshare-relay-8ch', port: { kind: 'modbusTcp', host: '10.0.0.3', port: 502 } }],
  sampling: { movingMs: 1000, parkedMs: 30_000 },
  batch: { encoding: 'json' },
}
const H = (digit: string) => digit.repeat(64)
const event = (name: string, data: object) => ({ kind: 'event', name, at: house.clock.now(), data })
const reported = (more: object) => ({
  version: 1,
  hash: H('1'),
  errors: [],
  appliedVersion: 1,
  appliedHash: H('1'),
  source: 'local',
  ...more,
})

test('wanted, signed as a configuration and nothing else, published retained, and again at each connect', async () => {
  const { gateway, vehicle, grant } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  expect((await house.call('technician', 'GET', url)).json()).toEqual({
    standing: 'none',
    desired: null,
    reported: null,
  })
  const asked = await house.call('head', 'PUT', url, { document, baseVersion: null, note: 'реже на стоянке' })
  expect(asked.json()).toMatchObject({
    standing: 'pending',
    desired: { version: 1, by: 'head', note: 'реже на стоянке' },
  })
  await house.settle()
  const published = () => house.published.filter(({ topic }) => topic === downTopic(gateway, 'config'))
  expect(published()).toHaveLength(1)
  const [message] = published()
  expect(message?.retain).toBe(true)
  const keys = createSignerKeysStore(grant.signerKeys)
  const claims = await keys.verifyConfiguration(message?.payload ?? '')
  expect(Configuration.parse(JSON.parse(new TextDecoder().decode(claims)))).toMatchObject({
    aud: gateway,
    vehicleId: vehicle,
    version: 1,
  })
  expect(await keys.verify(message?.payload ?? '')).toBeUndefined()
  const header = JSON.parse(Buffer.from(message?.payload.split('.')[0] ?? '', 'base64url').toString())
  expect(header.typ).toBe(CONFIGURATION_TYP)
  house.configurations.gatewayConnected(gateway)
  await house.settle()
  expect(published()).toHaveLength(2)
})

test('only the gateway’s own word makes it applied', async () => {
  const { gateway } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  const { desired } = (await house.call('owner', 'PUT', url, { document, baseVersion: null })).json()
  await house.tell(gateway, event('config-waiting', reported({ hash: desired.hash, waitingFor: 'ignition-on' })))
  expect((await house.call('owner', 'GET', url)).json()).toMatchObject({
    standing: 'waiting',
    reported: { waitingFor: 'ignition-on' },
  })
  await house.tell(
    gateway,
    event('config-applied', reported({ hash: desired.hash, appliedHash: desired.hash, source: 'cloud' })),
  )
  expect((await house.call('owner', 'GET', url)).json()).toMatchObject({ standing: 'applied' })
})

test('refused: every wrong key of the gateway’s answer is shown', async () => {
  const { gateway } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  const { desired } = (await house.call('owner', 'PUT', url, { document, baseVersion: null })).json()
  const errors = ['ignition.reading: no such reading', 'devices.0.profile: there is no profile x']
  await house.tell(gateway, event('config-refused', reported({ hash: desired.hash, errors })))
  expect((await house.call('owner', 'GET', url)).json()).toMatchObject({ standing: 'refused', reported: { errors } })
})

test('a technician’s change at the vehicle has to be named by whoever replaces it', async () => {
  const { gateway } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  await house.tell(
    gateway,
    event(
      'local-override',
      reported({ version: 7, hash: H('7'), appliedVersion: 7, appliedHash: H('7'), document: { devices: [] } }),
    ),
  )
  expect((await house.call('owner', 'GET', url)).json()).toMatchObject({
    standing: 'local-override',
    reported: { overrideHash: H('7'), document: { devices: [] } },
  })
  const blind = await house.call('owner', 'PUT', url, { document, baseVersion: null })
  expect([blind.statusCode, blind.json().code]).toEqual([409, 'configuration/override'])
  const seen = await house.call('owner', 'PUT', url, { document, baseVersion: null, reconciles: H('7') })
  expect(seen.json()).toMatchObject({ desired: { version: 8, document: { reconciles: H('7') } } })
})

test('two persons at once: the second is told', async () => {
  const { gateway } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  await house.call('owner', 'PUT', url, { document, baseVersion: null })
  const late = await house.call('head', 'PUT', url, { document, baseVersion: null })
  expect([late.statusCode, late.json().code]).toEqual([409, 'configuration/changed'])
})

test('what was wanted is listed newest first, page by page', async () => {
  const { gateway } = await fittedVehicle(house)
  const url = `/api/gateways/${gateway}/configuration`
  await house.call('owner', 'PUT', url, { document, baseVersion: null, note: 'первая' })
  await house.call('head', 'PUT', url, { document, baseVersion: 1 })
  const first = (await house.call('technician', 'GET', `${url}/versions?limit=1`)).json()
  expect(first).toMatchObject({ items: [{ version: 2, by: 'head' }], nextCursor: '2' })
  const second = (await house.call('technician', 'GET', `${url}/versions?limit=1&cursor=${first.nextCursor}`)).json()
  expect(second).toMatchObject({ items: [{ version: 1, by: 'owner', note: 'первая', document }], nextCursor: null })
})

test.each([
  { name: 'a state of the relay', wrong: { ...document, relay: 'open' } },
  { name: 'a seal', wrong: { ...document, sealed: { at: '2026-11-01T09:00:00Z', by: 'x' } } },
])('$name cannot be asked for', async ({ wrong }) => {
  const { gateway } = await fittedVehicle(house)
  const answer = await house.call('owner', 'PUT', `/api/gateways/${gateway}/configuration`, {
    document: wrong,
    baseVersion: null,
  })
  expect(answer.statusCode).toBe(400)
})

test.each(['manager', 'security', 'mechanic', 'dispatcher'] as const)(
  'a %s neither sees nor changes it',
  async (role) => {
    const { gateway } = await fittedVehicle(house)
    const url = `/api/gateways/${gateway}/configuration`
    expect((await house.call(role, 'GET', url)).statusCode).toBe(403)
    expect((await house.call(role, 'PUT', url, { document, baseVersion: null })).statusCode).toBe(403)
  },
)

test('a seal that the gateway says is broken is broken here too: the vehicle can no longer be blocked', async () => {
  const { gateway, vehicle } = await fittedVehicle(house)
  const immobilizer = async () => (await house.call('owner', 'GET', `/api/vehicles/${vehicle}`)).json().immobilizer
  expect((await immobilizer()).canBlock).toBe(true)
  await house.clock.advance(1000)
  await house.tell(gateway, event('seal-broken', { sealedAt: '2026-11-01T09:00:00Z', by: 'technician' }))
  expect(await immobilizer()).toMatchObject({ canBlock: false, whyNot: 'not-commissioned' })
})

test('an open relay calls for no order while a technician proves it, and for one once the test should be over', async () => {
  const { gateway, vehicle } = await fittedVehicle(house, 'А003АА77', 'unsealed')
  const orders = async () => (await house.call('owner', 'GET', `/api/vehicles/${vehicle}/orders`)).json().items
  await house.tell(gateway, event('relay-test', { state: 'received', relay: 'closed' }))
  await house.tell(gateway, frameOf('open', house.clock.now()))
  await house.settle()
  expect(await orders()).toEqual([])
  await house.clock.advance(10 * 60_000)
  await house.tell(gateway, frameOf('open', house.clock.now()))
  await house.settle()
  expect(await orders()).toMatchObject([{ action: 'unblock' }])
})

test('a test of the relay that another instance has heard of calls for no order either', async () => {
  const { gateway, vehicle } = await fittedVehicle(house, 'А004АА77', 'unsealed')
  const orders = async () => (await house.call('owner', 'GET', `/api/vehicles/${vehicle}/orders`)).json().items
  const heardThere = (seq: number, name: string, data: object) =>
    sql`insert into events (gateway_id, stream, seq, vehicle_id, name, at, received_at, data)
      values (${gateway}, ${crypto.randomUUID()}, ${seq}, ${vehicle}, ${name}, 0, ${house.clock.now()}, ${JSON.stringify(data)})`.execute(
      postgres.db,
    )
  await heardThere(1, 'relay-test', { state: 'received', relay: 'closed' })
  await house.tell(gateway, frameOf('open', house.clock.now()))
  await house.settle()
  expect(await orders()).toEqual([])
  await heardThere(2, 'block-released', { cause: 'relay-test' })
  await house.clock.advance(90_000)
  await house.tell(gateway, frameOf('open', house.clock.now()))
  await house.settle()
  expect(await orders()).toMatchObject([{ action: 'unblock' }])
})

test('a sheet seals only when this gateway signed it', async () => {
  const { gateway } = await fittedVehicle(house, 'А002АА77', 'unsealed')
  const answer = await house.call('technician', 'POST', `/api/gateways/${gateway}/commissioning`, {
    note: '',
    sheet: 'e30.e30.e30',
  })
  expect([answer.statusCode, answer.json().code]).toEqual([422, 'sheet/refused'])
})

test('a sheet is read when its signature, its certificate and its name agree', async () => {
  const own = await certified()
  const sign = createSheetSigner({
    schema: 'kordon-identity/1',
    keyPem: own.keyPem,
    grant: {
      by: 'certificate',
      certificatePem: own.certificatePem,
      gatewayId: GATEWAY,
      vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11' as never,
      signerKeys: [],
      caPem: '',
      brokerUrl: '',
    },
  })
  const sheet = {
    schema: 'kordon-commissioning/1' as const,
    gatewayId: GATEWAY,
    vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11' as never,
    at: systemClock.now(),
    by: 'Иванов',
    note: '',
    software: 'test',
    configuration: { version: 1, hash: H('1') },
    wiring: H('2'),
    profiles: [],
    results: [{ step: 'relay' as const, outcome: 'passed' as const, at: systemClock.now(), facts: [] }],
  }
  const jws = sign?.(sheet) ?? ''
  const read = createSheetReader(() => own.server.ca)
  expect(read(GATEWAY, jws, systemClock.now())).toEqual(sheet)
  const [header, , signature] = jws.split('.')
  const forged = `${header}.${Buffer.from(JSON.stringify({ ...sheet, by: 'Петров' })).toString('base64url')}.${signature}`
  expect(read(GATEWAY, forged, systemClock.now())).toBeUndefined()
  const other = await certified()
  expect(createSheetReader(() => other.server.ca)(GATEWAY, jws, systemClock.now())).toBeUndefined()
})
