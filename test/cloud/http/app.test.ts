import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { minutes } from '#contract/instant.ts'
import { cookieOf, createPeopleApp, ORIGIN, type PeopleApp } from '../../support/people-app.ts'

let made = 0
const things: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/api/things',
    {
      config: { roles: ['manager'] },
      schema: {
        summary: 'Make a thing',
        body: z.strictObject({ name: z.string().min(1), size: z.int(), fails: z.boolean().optional() }),
        response: { 201: z.object({ number: z.int() }) },
      },
    },
    async (request, reply) => {
      if (request.body.fails === true) throw new Error('the password of the database is 1234')
      made += 1
      return reply.code(201).send({ number: made })
    },
  )
}

const consoleDir = mkdtempSync(join(tmpdir(), 'kordon-console-'))
mkdirSync(join(consoleDir, 'assets'))
writeFileSync(join(consoleDir, 'index.html'), '<title>Kordon</title>')
writeFileSync(join(consoleDir, 'assets', 'index-Ab12.js'), 'plain')
writeFileSync(join(consoleDir, 'assets', 'index-Ab12.js.br'), 'brotli')

let house: PeopleApp
let manager: string
beforeAll(async () => {
  house = await createPeopleApp([things], { consoleDir })
  await house.people.ensureAccounts([
    { login: 'manager', name: 'Manager', role: 'manager', password: 'demo-manager' },
    { login: 'mechanic', name: 'Mechanic', role: 'mechanic', password: 'demo-mechanic' },
  ])
  manager = await cookieOf(house.app, 'manager', 'demo-manager')
})
afterAll(async () => {
  await house.close()
  rmSync(consoleDir, { recursive: true })
})

const post = (payload: object, headers: Record<string, string> = {}) =>
  house.app.inject({ method: 'POST', url: '/api/things', payload, headers: { cookie: manager, ...headers } })
const get = (url: string, headers: Record<string, string> = {}) => house.app.inject({ method: 'GET', url, headers })

test('start fails and names every route that declares no roles', async () => {
  const forgetful: FastifyPluginAsyncZod = async (app) => {
    app.get('/api/open', async () => ({}))
    app.delete('/api/open/:id', async () => ({}))
  }
  await expect(createPeopleApp([forgetful])).rejects.toThrow(/GET \/api\/open.*DELETE \/api\/open\/:id/)
})

describe('what a browser is told about every answer', () => {
  test.each([
    { name: 'an answer of the API', url: '/api/session/ways', cache: 'no-store' },
    { name: 'a refusal', url: '/api/session', cache: 'no-store' },
    { name: 'what does not exist', url: '/api/nothing', cache: 'no-store' },
    { name: 'a page of the console', url: '/map', cache: 'no-cache' },
    { name: 'its program', url: '/assets/index-Ab12.js', cache: expect.stringContaining('immutable') },
  ])('$name', async ({ url, cache }) => {
    const { headers } = await get(url, { origin: 'https://evil.example' })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'cache-control': cache,
    })
    const policy = String(headers['content-security-policy'])
    for (const rule of [
      "default-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "script-src 'self'",
    ])
      expect(policy).toContain(rule)
    expect(policy).not.toMatch(/script-src [^;]*unsafe/)
    // No other site may read an answer, and nobody is told what we are made of.
    expect(Object.keys(headers).filter((name) => /^access-control|^x-powered-by|^server$/.test(name))).toEqual([])
  })

  test.each(['TRACE', 'CONNECT', 'PROPFIND'])('%s is no method here', async (method) => {
    const answer = await house.app.inject({ method: method as 'GET', url: '/api/session' })
    expect([404, 405]).toContain(answer.statusCode)
  })
})

describe('a failure is a problem document', () => {
  test.each([
    { name: 'an unknown address', url: '/api/nothing', status: 404, code: 'route/unknown' },
    { name: 'an unknown address outside the API', url: '/in/x', status: 404, code: 'route/unknown' },
    { name: 'a missing sign-in', url: '/api/session', status: 401, code: 'session/missing' },
  ])('$name', async ({ url, status, code }) => {
    const answer = await get(url)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.json()).toMatchObject({ code, status, instance: url, type: `urn:kordon:fault:${code}` })
  })

  test('validation names every wrong field', async () => {
    const answer = await post({ name: '', size: 'big', colour: 'red' })
    expect(answer.statusCode).toBe(400)
    const { errors } = answer.json()
    expect(errors.map((error: { field: string }) => error.field)).toEqual(
      expect.arrayContaining(['body.name', 'body.size']),
    )
    expect(answer.json().detail).toContain('colour')
  })

  test('a request that never ends is ended: its head within a minute, the whole within a quarter of an hour', () => {
    const { headersTimeout, requestTimeout } = house.app.server
    expect([headersTimeout, requestTimeout]).toEqual([minutes(1), minutes(15)])
  })

  test('what is no JSON is named as such', async () => {
    const headers = { cookie: manager, 'content-type': 'application/json' }
    const answer = await house.app.inject({ method: 'POST', url: '/api/things', headers, payload: '{' })
    expect(answer.json()).toMatchObject({ status: 400, code: 'request/unreadable' })
  })

  test('too large a body is refused', async () => {
    expect((await post({ name: 'x'.repeat(300_000), size: 1 })).json()).toMatchObject({ code: 'request/too-large' })
  })

  test('our own mistake is a bare 500', async () => {
    const answer = await post({ name: 'a', size: 1, fails: true })
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toMatchObject({ code: 'service/failed', detail: null })
    expect(answer.body).not.toContain('1234')
  })

  test.each([
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('shutting down'), { code: '57P01' }),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
  ])('a database that is not there ($message) is 503, and keeps nobody from the console', async (gone) => {
    const { app, close } = await createPeopleApp([], { consoleDir, findCaller: () => Promise.reject(gone) })
    const ask = (url: string) => app.inject({ method: 'GET', url, headers: { cookie: manager } })
    expect((await ask('/api/session')).json()).toMatchObject({ status: 503, code: 'service/unavailable', detail: null })
    for (const page of ['/', '/map', '/assets/index-Ab12.js']) expect((await ask(page)).statusCode).toBe(200)
    await close()
  })
})

describe('access', () => {
  test('another role is forbidden', async () => {
    const cookie = await cookieOf(house.app, 'mechanic', 'demo-mechanic')
    expect((await post({ name: 'a', size: 1 }, { cookie })).json()).toMatchObject({
      code: 'access/forbidden',
      status: 403,
    })
  })

  test.each([
    { name: "another site's page", headers: { 'sec-fetch-site': 'cross-site' } },
    { name: 'another origin', headers: { origin: 'https://evil.example' } },
  ])('$name can not use our cookie', async ({ headers }) => {
    expect((await post({ name: 'a', size: 1 }, headers)).json()).toMatchObject({ code: 'request/cross-site' })
  })

  test.each([
    { name: 'a program', headers: {} },
    { name: 'our page', headers: { 'sec-fetch-site': 'same-origin', origin: ORIGIN } },
  ])('$name may', async ({ headers }) => {
    expect((await post({ name: 'a', size: 1 }, headers)).statusCode).toBe(201)
  })
})

describe('Idempotency-Key', () => {
  test('the same request acts once and is answered twice', async () => {
    const before = made
    const first = await post({ name: 'a', size: 1 }, { 'idempotency-key': 'once' })
    const second = await post({ name: 'a', size: 1 }, { 'idempotency-key': 'once' })
    expect(made).toBe(before + 1)
    expect([second.statusCode, second.body]).toEqual([first.statusCode, first.body])
    expect(second.headers['idempotency-replayed']).toBe('true')
  })

  test('two at the same time act once', async () => {
    const before = made
    const both = await Promise.all([1, 2].map(() => post({ name: 'b', size: 1 }, { 'idempotency-key': 'both' })))
    expect(made).toBe(before + 1)
    expect(both.map((answer) => answer.statusCode)).toContain(201)
  })

  test('the same key with another request is refused', async () => {
    await post({ name: 'a', size: 1 }, { 'idempotency-key': 'mixed' })
    const other = await post({ name: 'b', size: 1 }, { 'idempotency-key': 'mixed' })
    expect(other.json()).toMatchObject({ status: 422, code: 'request/idempotency-mismatch' })
  })

  test('after our own failure the key may be used again', async () => {
    const headers = { 'idempotency-key': 'failed' }
    expect((await post({ name: 'a', size: 1, fails: true }, headers)).statusCode).toBe(500)
    expect((await post({ name: 'a', size: 1 }, headers)).statusCode).toBe(201)
  })

  test('after a day the key is new again', async () => {
    await post({ name: 'a', size: 1 }, { 'idempotency-key': 'daily' })
    house.clock.jumpWall(minutes(25 * 60))
    const cookie = await cookieOf(house.app, 'manager', 'demo-manager')
    const again = await post({ name: 'b', size: 1 }, { 'idempotency-key': 'daily', cookie })
    house.clock.jumpWall(-minutes(25 * 60))
    expect(again.statusCode).toBe(201)
  })
})

describe('console', () => {
  test('a page of the console gets index.html, asked for again each time', async () => {
    for (const url of ['/', '/map', '/vehicles/7']) {
      const answer = await get(url)
      expect([answer.statusCode, answer.body]).toEqual([200, '<title>Kordon</title>'])
      expect(answer.headers['cache-control']).toBe('no-cache')
    }
  })

  test('a hashed file is kept, and sent compressed where understood', async () => {
    const answer = await get('/assets/index-Ab12.js', { 'accept-encoding': 'br' })
    expect([answer.body, answer.headers['content-encoding']]).toEqual(['brotli', 'br'])
    expect(answer.headers['cache-control']).toContain('immutable')
    expect((await get('/assets/index-Ab12.js')).body).toBe('plain')
    expect((await get('/assets/gone.js')).statusCode).toBe(404)
  })

  test('its policy lets in own scripts and the workers of the map, and nothing else', async () => {
    const policy = String((await get('/')).headers['content-security-policy'])
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("worker-src 'self' blob:")
    expect(policy).not.toContain('upgrade-insecure-requests')
  })
})

test.each([
  '//api/session',
  '/api//session',
  '/API/session',
  '/api/session/',
  '/api/session;x',
  '/api/%73ession',
  '/api%2fsession',
  '/./api/session',
  '/x/../api/session',
  '/api/session%00',
  '/..%2f..%2fetc%2fpasswd',
])('a path trick opens nothing: %s', async (url) => {
  const answer = await get(url)
  expect([400, 401, 403, 404]).toContain(answer.statusCode)
})

test('the OpenAPI document has every route, its roles, its problems and its answers', async () => {
  const document = (await get('/api/openapi.json')).json()
  expect(document.openapi).toBe('3.1.0')
  const operation = document.paths['/api/things'].post
  expect(operation['x-kordon-roles']).toEqual(['manager'])
  expect(operation.responses['201'].content['application/json'].schema).toBeDefined()
  expect(operation.responses.default.content['application/problem+json'].schema.$ref).toBe(
    '#/components/schemas/Problem',
  )
  expect(document.components.schemas.Problem.properties.code).toBeDefined()
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/api/session', '/api/setup', '/api/tokens/{id}']),
  )
  expect((await get('/api/docs/')).body).toContain('swagger')
})

test('every reference of the OpenAPI document leads somewhere, and every operation says what it answers', async () => {
  const text = (await get('/api/openapi.json')).body
  const document = JSON.parse(text)
  const names = new Set(Object.keys(document.components.schemas))
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference)
  expect(references.filter((it) => !names.has(it?.replace('#/components/schemas/', '') ?? ''))).toEqual([])
  for (const operations of Object.values<Record<string, { summary?: string }>>(document.paths))
    for (const operation of Object.values(operations)) expect(operation.summary).toBeTruthy()
})

test('a flood from one address is told to wait, unknown addresses included', async () => {
  const small = await createPeopleApp([], { requestsPerMinute: 3 })
  const statuses = []
  for (let n = 0; n < 5; n += 1) statuses.push((await small.app.inject({ url: '/api/nothing' })).statusCode)
  const last = await small.app.inject({ url: '/api/session' })
  await small.close()
  expect(statuses).toEqual([404, 404, 404, 429, 429])
  expect(last.json()).toMatchObject({ status: 429, code: 'request/too-many' })
})
