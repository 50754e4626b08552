import { afterAll, beforeAll, expect, test } from 'vitest'
import { readable } from '../../../cloud/personal/kept.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'

let house: CloudApp
let owner: string
beforeAll(async () => {
  house = await startCloudApp()
  owner = await house.as('owner')
}, 120_000)
afterAll(() => house.stop())

const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, payload?: object) =>
  house.cloud.http.inject({ method, url, headers: { cookie: owner }, ...(payload === undefined ? {} : { payload }) })

test('a driver is handed everything known of him, and is forgotten but for what has to be kept', async () => {
  const person = {
    familyName: 'Подосинников',
    givenName: 'Иван',
    legalForm: 'self-employed',
    phones: [{ phone: '+79161234599' }],
    note: 'зовут Ваней',
  }
  const { id, version } = (await call('POST', '/api/drivers', person)).json()
  await call('PATCH', `/api/drivers/${id}`, { familyName: 'Подберёзовиков', version })
  await call('PUT', `/api/drivers/${id}/secrets`, {
    ...{ birthDate: null, passportNumber: '4509 123456', passportIssuedBy: null, passportIssuedOn: null },
    ...{ licenceNumber: null, licenceUntil: null, address: 'Тверская, 1' },
  })
  const told = (await call('GET', `/api/drivers/${id}/personal?as=text`)).body
  for (const word of ['Подосинников', 'Подберёзовиков', '+79161234599', '4509 123456', 'Тверская, 1', 'зовут Ваней'])
    expect(told).toContain(word)

  const erased = await call('POST', `/api/drivers/${id}/personal/erase`)
  expect(erased.statusCode).toBe(200)
  expect(erased.json().kept.length).toBeGreaterThan(0)
  const left = (await call('GET', `/api/drivers/${id}/personal`)).body
  for (const word of ['Подосинников', 'Подберёзовиков', '79161234599', '123456', 'Тверская', 'Ваней'])
    expect(left).not.toContain(word)
})

test('words beside the audit stand as long as somebody says', async () => {
  expect((await call('GET', '/api/access/retention')).json()).toEqual({ auditWordsDays: 1095 })
  expect((await call('PUT', '/api/access/retention', { auditWordsDays: 7 })).statusCode).toBe(400)
  await call('PUT', '/api/access/retention', { auditWordsDays: 365 })
  expect((await call('GET', '/api/access/retention')).json()).toEqual({ auditWordsDays: 365 })
})

test('what is read is told line by line, with a dash for what is unknown', () => {
  const sections = [{ name: 'driver', data: { name: 'Иван', phones: [{ phone: '+7' }], balance: null, none: [] } }]
  expect(readable(sections)).toBe(
    ['driver', '  name: Иван', '  phones:', '    1.', '      phone: +7', '  balance: –', '  none: –'].join('\n'),
  )
})
