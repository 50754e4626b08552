import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { newDriver, WEEKDAY_RATES } from '../../support/leasing-house.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
let app: CloudApp
let cookie: string
beforeAll(async () => {
  app = await startCloudApp()
  cookie = await app.as('owner')
})
afterAll(() => app.stop())

const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
  const answer = await app.cloud.http.inject({
    method,
    url,
    headers: { cookie },
    ...(payload === undefined ? {} : { payload }),
  })
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.body}`)
  return answer.json()
}

test('the whole cloud charges a lease by itself, and the vehicle’s answer says lease, driver and balance', async () => {
  const vehicle = (await call('POST', '/api/vehicles', { plate: 'А777АА77', model: 'Rio' })).id
  const driver = await call('POST', '/api/drivers', newDriver())
  const rates = WEEKDAY_RATES.map(() => 250_000)
  const lease = await call('POST', '/api/leases', {
    vehicleId: vehicle,
    plan: 'rent',
    drivers: [{ driverId: driver.id }],
    startsOn: '2020-01-01',
    schedule: { rates },
  })
  await expect(call('POST', `/api/leases/${lease.id}/activate`)).rejects.toThrow(
    '"hindrances":["ДК: документа нет. Сначала внесите","ОСАГО: документа нет. Сначала внесите","ОСГОП: документа нет. Сначала внесите"]',
  )
  for (const kind of ['dk', 'osago', 'osgop'])
    await call('POST', `/api/vehicles/${vehicle}/papers`, { kind, number: '1', validUntil: '2040-12-31' })
  await call('POST', `/api/leases/${lease.id}/activate`)
  const paid = await call('POST', '/api/ledger/top-ups', { driverId: driver.id, kopecks: 900_000, via: 'cash' })
  expect(paid.outcome).toBe('posted')
  await vi.waitFor(async () => expect((await call('GET', `/api/vehicles/${vehicle}`)).balance?.kopecks).toBe(650_000), {
    timeout: 60_000,
    interval: 250,
  })
  const answer = await call('GET', `/api/vehicles/${vehicle}`)
  expect(answer).toMatchObject({
    lease: { id: lease.id, plan: 'rent', state: 'active', drivers: [{ id: driver.id, main: true }] },
    driver: { id: driver.id, name: 'Иванов И. И.', phone: driver.phones[0].phone },
  })
  expect(Date.now() - Date.parse(answer.balance.asOf)).toBeLessThan(60_000)
  const listed = (await call('GET', '/api/vehicles')).items
  expect(listed.find(({ id }: { id: string }) => id === vehicle).balance).toEqual(answer.balance)
  const { items } = await call('GET', `/api/vehicles/${vehicle}/timeline`)
  const told = items.map(({ kind, title }: { kind: string; title: string }) => `${kind} ${title}`)
  expect(told).toEqual(expect.arrayContaining(['ledger charge', 'lease active']))
  const morning = await call('GET', '/api/reports/morning')
  expect(morning).toMatchObject({ leased: 1, arrears: { unknown: 0 } })
  expect((await call('GET', '/api/balances/sources')).items).toMatchObject([{ source: 'ledger', trouble: null }])
})
