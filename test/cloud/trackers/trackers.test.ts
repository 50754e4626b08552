import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { cookieOf } from '../../support/people-app.ts'
import { type RealServer, requireReal, startMosquitto } from '../../support/real-servers.ts'
import { until } from '../../support/until.ts'

type Vehicle = { readonly id: string; readonly plate: string }

describe('third-party trackers in a running cloud', { timeout: 60_000 }, () => {
  let app: CloudApp
  let cookie: string
  const http = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, headers: object = {}) => {
    const answer = await fetch(`${app.started.url}${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const json = text === '' ? null : JSON.parse(text)
    return { status: answer.status, body: json }
  }
  beforeAll(async () => {
    app = await startCloudApp()
    cookie = await app.as('owner')
  }, 60_000)
  afterAll(() => app.stop())

  const vehicle = async (plate: string): Promise<Vehicle> =>
    (await http('POST', '/api/vehicles', { plate, model: 'Solaris' })).body
  const location = (tst: number, more: object = {}) => ({
    _type: 'location',
    lat: 55.75,
    lon: 37.61,
    tst,
    acc: 9,
    ...more,
  })
  const now = () => Math.ceil(Date.now() / 1000)
  const trackOf = async (id: string) => {
    const to = new Date((now() + 3600) * 1000).toISOString()
    const from = new Date((now() - 86_400) * 1000).toISOString()
    return (await http('GET', `/api/vehicles/${id}/track?from=${from}&to=${to}`)).body
  }

  test('a phone by HTTP: registered, durable, in the vehicle’s track once, marked as a tracker', async () => {
    const { id } = await vehicle('Т001ТТ77')
    const wish = { kind: 'owntracks', login: 'anna', device: 'pixel', vehicleId: id }
    const added = await http('POST', '/api/trackers', wish)
    expect(added.status).toBe(201)
    const basic = `Basic ${Buffer.from(`anna:${added.body.secret}`).toString('base64')}`
    const send = (device: string, authorization = basic) =>
      http('POST', '/in/owntracks', location(now(), { topic: `owntracks/anna/${device}` }), {
        authorization,
        cookie: '',
      })
    const message = location(now() + 1, { topic: 'owntracks/anna/pixel' })
    for (let time = 0; time < 3; time += 1) {
      const answer = await http('POST', '/in/owntracks', message, { authorization: basic, cookie: '' })
      expect(answer).toEqual({ status: 200, body: [] })
    }
    await until('the track has it', async () => (await trackOf(id)).total > 0, { everyMs: 100 })
    expect(await trackOf(id)).toMatchObject({ total: 1, points: [{ lat: 55.75, seenBy: 'tracker' }] })
    expect((await send('other')).status).toBe(403)
    // A phone keeps what is refused as the first of its queue.
    expect(await http('POST', '/in/owntracks', { _type: 'encrypted', data: 'x' }, { authorization: basic })).toEqual({
      status: 200,
      body: [],
    })
    const { items } = (await http('GET', `/api/quarantine?gateway=${added.body.tracker.id}`)).body
    expect(items).toMatchObject([{ reason: 'encrypted: switch encryption off in the app and use TLS' }])
    expect((await send('pixel', `Basic ${Buffer.from('anna:wrong').toString('base64')}`)).status).toBe(403)
    expect((await http('GET', '/api/tracker-refusals')).body.items).toMatchObject([{ login: 'anna', device: 'other' }])
    const fleet = (await http('GET', '/api/fleet/last-known')).body.items.find(
      (one: { vehicleId: string }) => one.vehicleId === id,
    )
    expect(fleet).toMatchObject({ seenBy: 'tracker', plate: 'Т001ТТ77', position: { lat: 55.75 } })
    const view = (await http('GET', `/api/vehicles/${id}`)).body
    expect(view.immobilizer).toMatchObject({ relay: 'unknown', canBlock: false })
    await http('DELETE', `/api/trackers/${added.body.tracker.id}`)
    expect((await send('pixel')).status).toBe(403)
  })

  test('Traccar by HTTP: one token for a server, each device for its vehicle', async () => {
    const { id } = await vehicle('Т002ТТ77')
    const wish = { kind: 'traccar', login: 'main', device: '861', vehicleId: id }
    const { secret } = (await http('POST', '/api/trackers', wish)).body
    expect((await http('POST', '/api/trackers', wish)).status).toBe(409)
    const fixTime = new Date().toISOString()
    const position = { fixTime, valid: true, latitude: 55.7, longitude: 37.6, altitude: 1, speed: 10, attributes: {} }
    const send = (token: string, uniqueId: string) =>
      http('POST', `/in/traccar/${token}`, { position, device: { uniqueId } }, { cookie: '' })
    expect((await send(secret, '861')).status).toBe(204)
    expect(await send(secret, '862')).toMatchObject({
      status: 403,
      body: { detail: 'device 862 of main: register it for a vehicle' },
    })
    expect((await send(secret, 'X\0')).status).toBe(403)
    expect((await send('wrong', '861')).status).toBe(403)
    expect(await http('POST', `/in/traccar/${secret}`, { device: { uniqueId: '861' } }, { cookie: '' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('position: ') },
    })
    await until('the track has it', async () => (await trackOf(id)).total === 1, { everyMs: 100 })
  })

  test('whoever sees one park neither joins nor renews a login that speaks for another', async () => {
    const ours = await vehicle('Т005ТТ77')
    const wish = (device: string, vehicleId: string) => ({ kind: 'traccar', login: 'both', device, vehicleId })
    const { secret } = (await http('POST', '/api/trackers', wish('1', ours.id))).body
    const parkId = (await http('POST', '/api/parks', { name: 'Северный' })).body.id
    const theirs = (await http('POST', '/api/vehicles', { plate: 'Т006ТТ77', model: 'Rio', parkId })).body
    const person = {
      login: 'north',
      name: 'Север',
      role: 'technician',
      password: 'a calm green field',
      parks: [parkId],
    }
    await http('POST', '/api/accounts', person)
    const theirCookie = await cookieOf(app.cloud.http, 'north', person.password)
    const join = () => http('POST', '/api/trackers', wish('2', theirs.id), { cookie: theirCookie })
    expect(await join()).toMatchObject({ status: 409, body: { code: 'tracker/login-elsewhere' } })
    expect((await http('POST', '/api/trackers', wish('2', theirs.id))).status).toBe(201)
    const renew = () => http('POST', '/api/tracker-logins/both/secret', undefined, { cookie: theirCookie })
    expect(await renew()).toMatchObject({ status: 409, body: { code: 'tracker/login-elsewhere' } })
    const device = { uniqueId: '1' }
    const position = { fixTime: new Date().toISOString(), valid: true, latitude: 55.7, longitude: 37.6 }
    expect((await http('POST', `/in/traccar/${secret}`, { position, device }, { cookie: '' })).status).toBe(204)
  })

  test('a phone by MQTT publishes under its own name only, and its events do not cost it its connection', async () => {
    const { id } = await vehicle('Т003ТТ77')
    const wish = { kind: 'owntracks', login: 'ivan', device: 'phone', vehicleId: id }
    const { secret: password } = (await http('POST', '/api/trackers', wish)).body
    const client = await connectAsync(`mqtt://127.0.0.1:${app.started.mqtt.plain}`, {
      ...{ clientId: 'ivanphone', username: 'ivan', password, reconnectPeriod: 0, protocolVersion: 4 },
    })
    await client.publishAsync(
      'owntracks/ivan/phone/event',
      JSON.stringify({ _type: 'transition', tst: now(), event: 'enter' }),
      { qos: 1 },
    )
    await client.publishAsync('owntracks/ivan/phone', JSON.stringify(location(now())), { qos: 1 })
    await until('the track has it', async () => (await trackOf(id)).total === 1, { everyMs: 100 })
    const closed = new Promise<void>((done) => client.once('close', () => done()))
    client.publish('owntracks/anna/pixel', JSON.stringify(location(now())), { qos: 1 })
    await closed
    await client.endAsync(true)
    const stranger = connectAsync(`mqtt://127.0.0.1:${app.started.mqtt.plain}`, {
      ...{ clientId: 'x', username: 'ivan', password: 'wrong', reconnectPeriod: 0, protocolVersion: 4 },
    })
    await expect(stranger).rejects.toThrow()
  })
})

describe.skipIf(!requireReal('mosquitto'))('Traccar by MQTT, through an outside broker', { timeout: 60_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'kordon-tracker-'))
  let broker: RealServer
  let app: CloudApp
  beforeAll(async () => {
    broker = await startMosquitto()
    app = await startCloudApp({ BROKER_URL: broker.url })
  }, 60_000)
  afterAll(async () => {
    await app.stop()
    await broker.stop()
    rmSync(home, { recursive: true })
  })
  const kordon = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, ['bin/kordon.mjs', ...args, '--json'], { env })
    return JSON.parse(stdout)
  }

  test('registered by the command, its positions reach the track; a device nobody named does not, and taken out of use none does', async () => {
    const cookie = await app.as('owner')
    const api = (path: string, init: RequestInit = {}) =>
      fetch(`${app.started.url}${path}`, { ...init, headers: { cookie, 'content-type': 'application/json' } })
    const body = JSON.stringify({ plate: 'Т004ТТ77', model: 'Solaris' })
    const { id } = z
      .object({ id: z.string() })
      .parse(await (await api('/api/vehicles', { method: 'POST', body })).json())
    await kordon('login', app.started.url, '--login', 'technician', '--password', 'demo-technician')
    const wish = ['--kind', 'traccar', '--login', 'main', '--device', '861234567890123', '--vehicle', 'Т004ТТ77']
    const { tracker } = await kordon('tracker', 'add', ...wish)

    // As Traccar does it: MQTT 5, one topic for each device, JSON of the position and the device.
    const traccar = await connectAsync(broker.url, { protocolVersion: 5, clientId: 'traccar' })
    const forward = (device: string) => {
      const fixTime = new Date().toISOString()
      const position = {
        fixTime,
        valid: true,
        latitude: 55.75,
        longitude: 37.61,
        speed: 10,
        accuracy: 5,
        attributes: {},
      }
      const payload = JSON.stringify({ position, device: { id: 1, uniqueId: device } })
      return traccar.publishAsync(`owntracks/main/${device}`, payload, { qos: 1 })
    }
    const total = async (): Promise<number> => {
      const [from, to] = [-3_600_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString())
      const track = await (await api(`/api/vehicles/${id}/track?from=${from}&to=${to}`)).json()
      return z.object({ total: z.int() }).parse(track).total
    }
    await forward('000000000000000')
    await forward('861234567890123')
    await until('the track has it', async () => (await total()) === 1, { everyMs: 100 })
    expect((await kordon('tracker', 'list')).items).toMatchObject([
      { id: tracker.id, plate: 'Т004ТТ77', removedAt: null },
    ])
    await kordon('tracker', 'remove', tracker.id)
    await forward('861234567890123')
    const refused = async () =>
      z.object({ items: z.array(z.unknown()) }).parse(await (await api('/api/tracker-refusals')).json()).items
    await until('both are known as refused', async () => (await refused()).length === 2, { everyMs: 100 })
    expect(await total()).toBe(1)
    await traccar.endAsync(true)
  })
})
