import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { upTopic } from '#contract/topics.ts'
import { EVERY_ROLE, ROLES } from '../../cloud/http/access.ts'
import { type CloudApp, startCloudApp } from '../support/cloud-app.ts'

let house: CloudApp
let cookies: ReadonlyMap<string, string>
beforeAll(async () => {
  house = await startCloudApp()
  cookies = new Map(await Promise.all(EVERY_ROLE.map(async (role) => [role, await house.as(role)] as const)))
}, 120_000)
afterAll(() => house.stop())

const call = (method: string, url: string, as?: string, payload?: object) =>
  house.cloud.http.inject({
    method: method as 'GET',
    url,
    headers: as === undefined ? {} : { cookie: cookies.get(as) ?? '' },
    ...(payload === undefined ? {} : { payload }),
  })

describe('path tricks never pass', () => {
  const send = async (path: string): Promise<number> => {
    const { hostname, port } = new URL(house.started.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`)
    return Number((await text(socket)).split(' ')[1])
  }
  const tricks = ['/api/vehicles', '/api/accounts', '/api/drivers', '/api/audit/export', '/api/live'].flatMap(
    (path) => [
      path,
      `/${path}`,
      `${path}/`,
      `${path};x=1`,
      path.replace('/api/', '/api//'),
      path.toUpperCase(),
      path.replace('/api/', '/%61pi/'),
      path.replace('/api/', '/api%2f'),
      `/x/..${path}`,
      `/.${path}`,
      `/assets/..${path}`,
      `${path}%00`,
      `${path}?x=/api/health`,
      `/api/health/..${path.slice(4)}`,
      path.replaceAll('/', '\\'),
      `/api/docs/..${path.slice(4)}`,
      `/api/docs/static/../../..${path}`,
    ],
  )
  const files = [
    '/../package.json',
    '/..%2f..%2f..%2fpackage.json',
    '/..\\..\\package.json',
    '/assets/../../../app.ts',
    '/%2e%2e/%2e%2e/app.ts',
    '/assets/..%5c..%5c..%5capp.ts',
    '/api/docs/static/../../package.json',
    '/.env',
  ]
  test.each([...tricks, ...files])('%s', async (path) => {
    expect([400, 401, 403, 404]).toContain(await send(path))
  })
})

describe('a frame on its way', () => {
  let mqtt: MqttClient
  let vehicleId: string
  let gateway: GatewayId
  let stop: AbortController
  const seen: { event: string; data: { id: string; [name: string]: unknown } }[] = []

  beforeAll(async () => {
    const vehicle = await call('POST', '/api/vehicles', 'technician', { plate: 'А123ВС77', model: 'Škoda Rapid' })
    vehicleId = vehicle.json().id
    const { claimCode } = (await call('POST', '/api/gateways', 'technician', { vehicleId })).json()
    const grant = (await call('POST', '/api/gateways/claim', undefined, { code: claimCode })).json()
    gateway = GatewayId.parse(grant.gatewayId)
    stop = new AbortController()
    await listen(await house.as('dispatcher'))
    const identity = { clientId: gateway, username: gateway, password: grant.password, protocolVersion: 4 } as const
    mqtt = await connectAsync(grant.brokerUrl, identity)
  })
  afterAll(async () => {
    stop.abort()
    await mqtt.endAsync()
  })

  const listen = async (cookie: string) => {
    const answer = await fetch(`${house.started.url}/api/live`, { headers: { cookie }, signal: stop.signal })
    const follow = async () => {
      let rest = ''
      for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const events = `${rest}${part}`.split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) {
          const [, name, data] = /event: (\w+)\ndata: (.*)$/.exec(event) ?? []
          if (name !== undefined && data !== undefined) seen.push({ event: name, data: JSON.parse(data) })
        }
      }
    }
    follow().catch(() => {})
  }
  const until = async (what: string, condition: () => boolean | Promise<boolean>) => {
    const giveUpAt = performance.now() + 15_000
    while (!(await condition())) {
      if (performance.now() > giveUpAt) throw new Error(`never happened: ${what}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  test('it stands in the vehicle and in the live feed once the broker has acknowledged it', async () => {
    const frame = {
      kind: 'frame',
      readAt: Date.now(),
      timeQuality: 'gnss',
      fix: '3d',
      gnssTrust: 'ok',
      relay: 'closed',
      lat: 55.75,
      lon: 37.61,
      speedKmh: 0,
      ignition: false,
    }
    const batch = { v: 1, stream: randomUUID(), firstSeq: 1, records: [frame] }
    await mqtt.publishAsync(upTopic(gateway, 'records'), JSON.stringify(batch), { qos: 1 })
    const at = async () => (await call('GET', `/api/vehicles/${vehicleId}`, 'manager')).json().lastKnown?.position
    await until('the position is known', async () => (await at())?.lat === 55.75)
    const told = () =>
      seen.some(({ event, data }) => event === 'vehicle' && data.id === vehicleId && data['lastKnown'] !== null)
    await until('the live feed tells it', told)
    const ready = (await call('GET', '/api/ready')).json()
    expect(ready).toMatchObject({
      ready: true,
      dependencies: [{ name: 'sql' }, { name: 'journal' }, { name: 'broker' }, { name: 'signer' }],
    })
    expect((await call('GET', '/metrics')).body).toMatch(/kordon_ingest_total\{what="records"\} [1-9]/)
  })

  test('a hold on a sealed vehicle becomes an order, in the live feed too, and the state stays as the car said', async () => {
    await call('POST', `/api/gateways/${gateway}/commissioning`, 'technician', { note: 'тест пройден' })
    const placed = await call('POST', `/api/vehicles/${vehicleId}/holds`, 'manager', {
      reason: 'manual',
      note: 'проверка',
    })
    expect(placed.statusCode).toBe(202)
    const { order } = placed.json()
    await until('the order is told', () =>
      seen.some(({ event, data }) => event === 'order' && data.id === order.id && data['state'] === 'sent'),
    )
    const vehicle = (await call('GET', `/api/vehicles/${vehicleId}`, 'manager')).json()
    expect(vehicle.immobilizer).toMatchObject({
      state: 'permitted',
      relay: 'closed',
      order: { id: order.id, state: 'sent' },
    })
  })
})

test('after a restart everybody and everything is still there', async () => {
  const first = await startCloudApp()
  const cookie = await first.as('owner')
  const headers = { cookie, 'content-type': 'application/json' }
  const made = await first.cloud.http.inject({
    method: 'POST',
    url: '/api/vehicles',
    headers,
    payload: { plate: 'Р777РР77', model: 'Rio' },
  })
  await first.stop('keep')
  const second = await startCloudApp({}, first.dataDir)
  const answer = await second.cloud.http.inject({ url: `/api/vehicles/${made.json().id}`, headers: { cookie } })
  await second.stop()
  expect(answer.json()).toMatchObject({ plate: 'Р777РР77' })
}, 60_000)

test('a gateway that goes without a word is offline; one that was online before a restart is unknown until it speaks', async () => {
  const first = await startCloudApp()
  const [technician, owner] = await Promise.all([first.as('technician'), first.as('owner')])
  const send = async (url: string, payload: object, cookie = technician) =>
    (await first.cloud.http.inject({ method: 'POST', url, payload, headers: { cookie } })).json()
  const vehicleId = (await send('/api/vehicles', { plate: 'Р778РР77', model: 'Rio' })).id
  const { claimCode } = await send('/api/gateways', { vehicleId })
  const grant = await send('/api/gateways/claim', { code: claimCode })
  const gateway = GatewayId.parse(grant.gatewayId)
  const presence = async ({ cloud }: CloudApp) =>
    (await cloud.http.inject({ url: `/api/vehicles/${vehicleId}`, headers: { cookie: owner } })).json().gateway.online
  const come = async () => {
    const identity = { clientId: gateway, username: gateway, password: grant.password, protocolVersion: 4 } as const
    const client = await connectAsync(grant.brokerUrl, { ...identity, reconnectPeriod: 0 })
    const word = JSON.stringify({ v: 1, online: true, at: 1, software: '0.1.0' })
    await client.publishAsync(upTopic(gateway, 'status'), word, { qos: 1 })
    await expect.poll(() => presence(first)).toBe(true)
    return client
  }
  await (await come()).endAsync()
  await expect.poll(() => presence(first), { timeout: 10_000 }).toBe(false)
  const client = await come()
  await first.stop('keep')
  await client.endAsync(true)
  const second = await startCloudApp({}, first.dataDir)
  expect(await presence(second)).toBe(null)
  await second.stop()
}, 60_000)

test('data of a demo lets nobody in once it is no demo, and a new owner by the set-up link alone', async () => {
  const signIn = (house: CloudApp, login: string, password: string) =>
    house.cloud.http.inject({ method: 'POST', url: '/api/session', payload: { login, password } })
  const demo = await startCloudApp()
  const cookie = await demo.as('owner')
  await demo.stop('keep')

  const real = await startCloudApp({ KORDON_DEMO: '0', KORDON_HOST: '127.0.0.1' }, demo.dataDir)
  for (const role of ROLES) expect((await signIn(real, role, `demo-${role}`)).statusCode).toBe(401)
  expect((await real.cloud.http.inject({ url: '/api/session', headers: { cookie } })).statusCode).toBe(401)
  const owner = { token: real.started.setupToken, login: 'boss', name: 'Хозяйка', password: 'a quiet brown river' }
  const setUp = await real.cloud.http.inject({ method: 'POST', url: '/api/setup', payload: owner })
  expect(setUp.statusCode).toBe(201)
  // Nobody blocks by a password alone, nor makes by it what blocks in his place.
  const boss = setUp.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const ask = async (method: 'POST' | 'PUT', url: string, payload: object) =>
    (await real.cloud.http.inject({ method, url, headers: { cookie: boss }, payload })).json()
  const why = 'так надо'
  const car = (await ask('POST', '/api/vehicles', { plate: 'В002ВВ77', model: 'Haval' })).id
  for (const [method, url, payload] of [
    ['POST', `/api/vehicles/${car}/holds`, { reason: 'manual', note: why }],
    ['POST', '/api/accounts', { login: 'shadow', name: 'Тень', role: 'owner', password: owner.password }],
    ['POST', '/api/invitations', { name: 'Тень', role: 'owner' }],
    ['PUT', '/api/access/second-factor', { toBlock: 'off' }],
    ['PUT', '/api/policies/minBalance', { value: 1_000_000, why }],
    ['POST', '/api/rules/debt/act', { version: 1, why }],
    ['POST', '/api/definitions/1/activate', {}],
    ['POST', '/api/tokens', { name: 'key', scopes: ['access:change'] }],
  ] as const)
    expect([url, (await ask(method, url, payload)).code]).toEqual([url, 'access/second-factor'])
  // A word does not seal: only what the gateway has signed.
  const added = await ask('POST', '/api/gateways', { vehicleId: car })
  await ask('POST', '/api/gateways/claim', { code: added.claimCode })
  const sealed = await ask('POST', `/api/gateways/${added.id}/commissioning`, { note: 'тест пройден' })
  expect(sealed).toMatchObject({ status: 422, code: 'sheet/refused' })
  await real.stop('keep')

  const again = await startCloudApp({}, demo.dataDir)
  const statuses = [await signIn(again, 'owner', 'demo-owner'), await signIn(again, 'boss', owner.password)]
  expect(again.started.setupToken).toBeUndefined()
  await again.stop()
  expect(statuses.map(({ statusCode }) => statusCode)).toEqual([200, 200])
}, 90_000)
