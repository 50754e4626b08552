import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { readFines } from '../../../cloud/cli/fine-csv.ts'
import { importFines } from '../../../cloud/cli/fine-import.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { blameOf, type Fine } from '../../../cloud/fines/fine.ts'
import { createFineService, type Unclear } from '../../../cloud/fines/fine-service.ts'
import { createFineStore } from '../../../cloud/fines/fine-store.ts'
import { LeaseId } from '../../../cloud/leases/lease.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { signature } from '../../../cloud/processes/inbox/signature-client.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { type LeasingHouse, openLeasingHouse, runningLease } from '../../support/leasing-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { until } from '../../support/until.ts'

const one = DriverId.parse('00000000-0000-4000-8000-0000000000a1')
const two = DriverId.parse('00000000-0000-4000-8000-0000000000a2')
const leaseId = LeaseId.parse('00000000-0000-4000-8000-0000000000b1')
const parkId = MAIN_PARK
const shift = (driverId: DriverId) => ({ driverId, leaseId, parkId })
const lease = (...drivers: DriverId[]) => ({ leaseId, parkId, drivers })

test.each([
  ['whose shift it was', { shifts: [shift(two)], leases: [lease(one, two)] }, two],
  ['the only driver of the lease, without a shift', { shifts: [], leases: [lease(one)] }, one],
  ['nobody, of two drivers without a shift', { shifts: [], leases: [lease(one, two)] }, undefined],
  ['nobody, of two shifts at once', { shifts: [shift(one), shift(two)], leases: [lease(one, two)] }, undefined],
  ['nobody, of a car that is not leased', { shifts: [], leases: [] }, undefined],
])('a fine is of %s', (_who, moment, driver) => {
  expect(blameOf(moment)).toMatchObject(
    driver === undefined ? { kind: 'unclear' } : { kind: 'driver', driverId: driver },
  )
})

test('A-51: a file of fines is read by its head, Moscow time and roubles; a wrong line says why and takes no other with it', () => {
  const file = [
    'УИН;ГРЗ;Дата и время нарушения;Сумма;Статья',
    '188101;А123ВС77;20.11.2026 14:05;1 500,50;12.9 ч. 2',
    '188102;А123ВС77;2026-11-20T14:05:00+03:00;500;',
    '188103;А123ВС77;20.11.2026;500;',
    '188104;А123ВС77;20.11.2026 14:05;бесплатно;',
    '188101;А123ВС77;20.11.2026 14:05;500;',
  ].join('\r\n')
  const at = '2026-11-20T11:05:00.000Z'
  expect(readFines(file)).toEqual({
    good: [
      { line: 2, no: '188101', plate: 'А123ВС77', at, kopecks: 150_050, article: '12.9 ч. 2' },
      { line: 3, no: '188102', plate: 'А123ВС77', at, kopecks: 50_000 },
    ],
    wrong: [
      { line: 4, why: expect.stringContaining('no moment') },
      { line: 5, why: expect.stringContaining('no sum') },
      { line: 6, why: '188101 stands in line 2 already' },
    ],
  })
  expect(() => readFines('УИН;Сумма\n1;2')).toThrow('госномер')
})

describe('A-51: a fine is posted to whoever drove', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: LeasingHouse
  const asked: Unclear[] = []
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
    house = await openLeasingHouse(postgres)
  }, 60_000)
  afterAll(async () => {
    await house.close()
    await database.close()
  })
  const take = (fine: Fine) =>
    createFineService({
      fines: createFineStore(postgres.db),
      post: house.leasing.ledger.post,
      now: house.clock.now,
      unclear: async (one) => void asked.push(one),
    }).take(fine)
  const plateOf = async (vehicle: VehicleId) =>
    (await postgres.db.selectFrom('vehicles').select('plate').where('id', '=', vehicle).executeTakeFirstOrThrow()).plate
  const finesOf = async (driver: string | undefined): Promise<readonly { note: string }[]> =>
    (await house.call('owner', 'GET', `/api/ledger/postings?driver=${driver}`))
      .json()
      .items.filter(({ kind }: { kind: string }) => kind === 'fine')

  test('of the only driver of the lease, once however often it is told', async () => {
    const { vehicle, drivers } = await runningLease(house, postgres)
    await house.clock.advance(60_000)
    const plate = (await plateOf(vehicle)).toLowerCase().replace(/(\d+)/, ' $1 ')
    const fine = { no: '18810177', plate, at: house.clock.now(), amount: 75_000, article: '12.9 ч. 2' }
    expect([await take(fine), await take(fine)]).toEqual(['posted', 'known'])
    expect(await finesOf(drivers[0])).toMatchObject([{ note: 'Штраф 18810177, 12.9 ч. 2' }])
    expect(asked).toEqual([])
  })

  test('of two drivers without a shift, before the lease, in the future or of no car: a person is asked, nobody pays', async () => {
    const { vehicle, drivers } = await runningLease(house, postgres, {}, 2)
    await house.clock.advance(60_000)
    const now = house.clock.now()
    const fine = { no: 'n', plate: await plateOf(vehicle), at: now, amount: 50_000 }
    expect(await take(fine)).toBe('unclear')
    expect(await take({ ...fine, at: epochMs(1) })).toBe('unclear')
    expect(await take({ ...fine, at: epochMs(now + 60_000) })).toBe('unclear')
    expect(await take({ ...fine, plate: 'Х000ХХ99' })).toBe('unclear')
    expect(asked.map(({ vehicleId }) => vehicleId)).toEqual([vehicle, vehicle, vehicle, undefined])
    for (const driver of drivers) expect(await finesOf(driver)).toEqual([])
  })
})

describe('A-51: fines by a signed webhook', () => {
  let app: CloudApp
  const cookies = new Map<string, string>()
  let hook: { path: string; secret: string }
  beforeAll(async () => {
    app = await startCloudApp()
    hook = (await call('POST', '/api/hooks', { adapter: 'fine', title: 'ГИБДД', signed: 'yes' })).body
  }, 60_000)
  afterAll(() => app.stop())
  async function call(method: 'GET' | 'POST', url: string, payload?: object) {
    const cookie = cookies.get('owner') ?? (await app.as('owner'))
    cookies.set('owner', cookie)
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const answer = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.json() }
  }
  /** The source of fines: posts what it knows, signed. */
  const tell = async (fine: object, secret = hook.secret): Promise<number> => {
    const payload = JSON.stringify(fine)
    const headers = { 'content-type': 'application/json', 'kordon-signature': signature(secret, payload, Date.now()) }
    return (await app.cloud.http.inject({ method: 'POST', url: hook.path, headers, payload })).statusCode
  }
  test('a hook of fines is always signed, and no other one takes them', async () => {
    expect((await call('POST', '/api/hooks', { adapter: 'fine', title: 'ГИБДД' })).status).toBe(400)
    const { body } = await call('POST', '/api/hooks', { adapter: 'event', title: 'Прочее' })
    const payload = { id: 'x', event: 'fine.found', payload: { no: 'x', plate: 'Х000ХХ99', at: 1, amount: 1 } }
    expect((await app.cloud.http.inject({ method: 'POST', url: body.path, payload })).statusCode).toBe(400)
  })

  test('who does not know the secret, and what is no fine, is refused', async () => {
    const fine = { id: '1', plate: 'Х000ХХ99', at: '2026-05-01T10:00:00Z', amount: '500' }
    expect(await tell(fine, 'guessed')).toBe(401)
    expect(await tell({ ...fine, amount: 'много' })).toBe(400)
    expect(await tell({ ...fine, at: 'вчера' })).toBe(400)
  })

  test('a file of fines: each line by itself, the wrong ones by name, and again it goes on', async () => {
    const { body: vehicle } = await call('POST', '/api/vehicles', { plate: 'А777АА77', model: 'Rio' })
    const file = [
      'УИН;Госномер;Дата и время;Сумма;Статья',
      `18810200;${vehicle.plate.toLowerCase()};20.11.2026 14:05;500,00;12.9 ч. 2`,
      '18810201;Х000ХХ99;20.11.2026 14:05;500;',
    ].join('\n')
    const folder = mkdtempSync(join(tmpdir(), 'kordon-fines-'))
    writeFileSync(join(folder, 'fines.csv'), file)
    const { body } = await call('POST', '/api/tokens', { name: 'fines' })
    const env = { KORDON_URL: app.started.url, KORDON_TOKEN: body.token, HOME: folder }
    const said: unknown[] = []
    const terminal = { env, isInteractive: false, result: (value: unknown) => void said.push(value) }
    expect(await importFines(terminal, join(folder, 'fines.csv'), {})).toBe('some')
    expect(await importFines(terminal, join(folder, 'fines.csv'), {})).toBe('some')
    rmSync(folder, { recursive: true, force: true })
    expect(said[0]).toMatchObject({ unclear: 1, posted: 0, wrong: [{ line: 3 }] })
    const cards = await until('the card', async () => {
      const found = (await call('GET', '/api/cards?pipeline=fines&state=all&q=18810200')).body.items
      return found.length > 0 ? found : undefined
    })
    expect(cards).toHaveLength(1)
  })

  test('a fine of nobody known becomes a card with a task for a person', async () => {
    expect(await tell({ id: '18810178', plate: 'Х000ХХ99', at: '2026-05-01T10:00:00Z', amount: '500' })).toBe(202)
    const [card] = await until('the card', async () => {
      const { body } = await call('GET', '/api/cards?pipeline=fines&state=all&q=18810178')
      return body.items.length > 0 && body.items[0].openTasks > 0 ? body.items : undefined
    })
    expect(card.fields).toMatchObject({ total: 50_000, need: expect.stringContaining('Х000ХХ99') })
  })
})
