import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { minutes } from '#contract/instant.ts'
import { conceal } from '../../../cloud/audit/entry.ts'
import { cookieOf, createPeopleApp, type PeopleApp } from '../../support/people-app.ts'

const Place = z.strictObject({ lat: z.number(), lon: z.number() })
const cars: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/api/cars',
    {
      config: { roles: ['manager'], looksAt: 'location' },
      schema: { response: { 200: z.strictObject({ items: z.array(Place) }) } },
    },
    async () => ({ items: Array.from({ length: 1500 }, () => ({ lat: 55, lon: 37 })) }),
  )
  app.get(
    '/api/cars/:id',
    { config: { roles: ['manager'], looksAt: 'location' }, schema: { response: { 200: Place } } },
    async () => ({ lat: 55, lon: 37 }),
  )
  app.post('/api/cars/:id/wash', { config: { roles: ['manager'] } }, async () => 'washed')
  app.post('/api/cars/:id/sell', { config: { roles: ['owner'] } }, async () => 'sold')
}

let house: PeopleApp
let cookie: string
beforeAll(async () => {
  house = await createPeopleApp([cars])
  await house.people.ensureAccounts([{ login: 'manager', name: 'M', role: 'manager', password: 'demo-manager' }])
  cookie = await cookieOf(house.app, 'manager', 'demo-manager')
}, 60_000)
afterAll(() => house.close())

const call = (method: 'GET' | 'POST', url: string) => house.app.inject({ method, url, headers: { cookie } })
const toldBy = async (work: () => Promise<unknown>) => {
  const before = house.told.length
  await work()
  return house.told.slice(before)
}

test('a list of 1,500 cars is one entry with its filter and count', async () => {
  const [look, ...more] = await toldBy(() => call('GET', '/api/cars?q=Haval'))
  expect(more).toEqual([])
  expect(look).toMatchObject({
    kind: 'look',
    data: { route: '/api/cars', looksAt: 'location', count: 1500, filter: { q: 'Haval' } },
  })
})

test('what was searched for stands in no word that cannot be forgotten', async () => {
  const looks = await toldBy(async () => {
    await call('GET', '/api/cars?q=Petrov&phone=%2B79161234567')
    await call('GET', '/api/cars?q=Petrov&phone=%2B79161234567')
    await call('GET', '/api/cars?q=Sidorov')
  })
  for (const { source } of looks) expect(source).not.toMatch(/Petrov|79161234567|Sidorov/)
  expect(new Set(looks.map(({ source }) => source)).size).toBe(2)
  const left = conceal(looks[0]?.data ?? {}, () => 'kept apart')
  expect(JSON.stringify(left)).not.toMatch(/Petrov|79161234567/)
})

test('a look at one car names the car, and the same look is the same fact for a minute', async () => {
  const looks = await toldBy(async () => {
    await call('GET', '/api/cars/7')
    await call('GET', '/api/cars/7')
    await call('GET', '/api/cars/8')
    await house.clock.advance(minutes(1))
    await call('GET', '/api/cars/7')
  })
  expect(looks.map(({ subjects }) => subjects)).toEqual([['7'], ['7'], ['8'], ['7']])
  expect(new Set(looks.map(({ source }) => source)).size).toBe(3)
})

test('a deed and a refusal are on record, with who and which; a mistake is not', async () => {
  const [deed] = await toldBy(() => call('POST', '/api/cars/7/wash'))
  expect(deed).toMatchObject({ kind: 'request', subjects: ['7'], data: { route: '/api/cars/:id/wash', status: 200 } })
  const [refusal] = await toldBy(() => call('POST', '/api/cars/7/sell'))
  expect(refusal).toMatchObject({ kind: 'refused', subjects: ['7'], data: { status: 403 } })
  expect(await toldBy(() => call('POST', '/api/session/password'))).toEqual([])
})

test('a look that cannot be put on record is not answered, a deed that was done is', async () => {
  const broken = await createPeopleApp([cars], { witness: async () => Promise.reject(new Error('no record')) })
  await broken.people.ensureAccounts([{ login: 'manager', name: 'M', role: 'manager', password: 'demo-manager' }])
  const headers = { cookie: await cookieOf(broken.app, 'manager', 'demo-manager') }
  const look = await broken.app.inject({ method: 'GET', url: '/api/cars/7', headers })
  expect(look.statusCode).toBe(500)
  expect(look.body).not.toContain('55')
  expect((await broken.app.inject({ method: 'POST', url: '/api/cars/7/wash', headers })).statusCode).toBe(200)
  await broken.close()
})

test('a route that shows a place or a person and does not say so keeps the service from starting', async () => {
  const silent: FastifyPluginAsyncZod = async (app) => {
    const schema = { response: { 200: z.strictObject({ deep: z.array(z.strictObject({ phone: z.string() })) }) } }
    app.get('/api/silent', { config: { roles: ['manager'] }, schema }, async () => ({ deep: [] }))
  }
  await expect(createPeopleApp([silent])).rejects.toThrow(/GET \/api\/silent \(personal\)/)
})
