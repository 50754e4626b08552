import { randomUUID } from 'node:crypto'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { upTopic } from '#contract/topics.ts'
import { createZoneShape } from '../../../cloud/zones/zone.ts'
import { readZoneGeometry } from '../../../cloud/zones/zone-store.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { until } from '../../support/until.ts'

const geometry = readZoneGeometry('moscow-region')
const region = createZoneShape(geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates)

/** On the way from Наро-Фоминск to Обнинск, where the border is crossed, 150 m before and 450 m behind it. */
function besideBorder() {
  const at = (part: number) => ({ lat: 55.387 + (55.0944 - 55.387) * part, lon: 36.733 + (36.6122 - 36.733) * part })
  const isInside = (part: number) => region.inside(at(part).lon, at(part).lat)
  let [inside, outside] = [0, 1]
  while (outside - inside > 1e-6) {
    const middle = (inside + outside) / 2
    if (isInside(middle)) inside = middle
    else outside = middle
  }
  return { inside: at(inside - 150 / 33_400), outside: at(outside + 450 / 33_400) }
}
const { inside, outside } = besideBorder()

let house: CloudApp
beforeAll(async () => {
  house = await startCloudApp()
}, 120_000)
afterAll(() => house.stop())

type Answer = { readonly [name: string]: unknown }
const as = async (role: string, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
  const headers = { cookie: await house.as(role) }
  const answer = await house.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return answer.statusCode === 204 ? null : answer.json()
}

let phones = 79_160_000_200
/** Into the hands of a driver: the zone is a matter of the lease. */
async function lease(vehicleId: string): Promise<void> {
  phones += 1
  const phone = `+${phones}`
  const driver = await as('owner', 'POST', '/api/drivers', {
    familyName: 'Громов',
    givenName: 'Антон',
    patronymic: 'Ильич',
    legalForm: 'self-employed',
    state: 'active',
    phones: [{ phone, main: true }],
    channels: [{ channel: 'sms', address: phone, consent: 'given' }],
  })
  const { id } = await as('owner', 'POST', '/api/leases', {
    vehicleId,
    plan: 'rent',
    drivers: [{ driverId: driver.id, main: true }],
    startsOn: '2026-09-01',
    depositKopecks: 0,
    schedule: { rates: [100, 100, 100, 100, 100, 100, 0], payer: 'main' },
    buyout: null,
    marketValueKopecks: 180_000_000,
    note: '',
  })
  for (const kind of ['dk', 'osago', 'osgop'])
    await as('owner', 'POST', `/api/vehicles/${vehicleId}/papers`, { kind, number: '1', validUntil: '2099-01-01' })
  const { state } = await as('owner', 'POST', `/api/leases/${id}/activate`, { note: 'Автомобиль передан' })
  expect(state).toBe('active')
}

/** A vehicle whose gateway speaks by password; `sealed` ones may be blocked. */
async function vehicleWithGateway(plate: string, seal: 'sealed' | 'not-sealed') {
  const { id } = await as('technician', 'POST', '/api/vehicles', { plate, model: 'Rapid' })
  const { claimCode } = await as('technician', 'POST', '/api/gateways', { vehicleId: id })
  const grant = await as('technician', 'POST', '/api/gateways/claim', { code: claimCode })
  if (seal === 'sealed')
    await as('technician', 'POST', `/api/gateways/${grant.gatewayId}/commissioning`, { note: 'да' })
  await lease(id)
  const gateway = GatewayId.parse(grant.gatewayId)
  const identity = { clientId: gateway, username: gateway, password: grant.password, protocolVersion: 4 } as const
  return { id: String(id), gateway, mqtt: await connectAsync(grant.brokerUrl, identity) }
}

/** One fix every 5 s. Seconds count from now, and stay near enough to it to be believed. */
function driver(mqtt: MqttClient, gateway: GatewayId) {
  const startedAt = Date.now()
  const stream = randomUUID()
  let seq = 0
  return async (place: { lat: number; lon: number }, from: number, to: number) => {
    const records = Array.from({ length: (to - from) / 5 + 1 }, (_, n) => {
      const readAt = startedAt + (from + n * 5) * 1000
      const quality = { timeQuality: 'gnss', fix: '3d', gnssTrust: 'ok', accuracyM: 5 }
      return { kind: 'frame', readAt, ...quality, relay: 'closed', ...place }
    })
    const batch = { v: 1, stream, firstSeq: seq + 1, records }
    seq += records.length
    await mqtt.publishAsync(upTopic(gateway, 'records'), JSON.stringify(batch), { qos: 1 })
  }
}

const holdsOf = async (id: string): Promise<readonly Answer[]> =>
  (await as('manager', 'GET', `/api/vehicles/${id}`)).immobilizer.holds
const sideOf = async (id: string) => (await as('manager', 'GET', `/api/vehicles/${id}`)).zone.inside

test('leaving the region holds the vehicle, coming back frees it, and both stand in its history', async () => {
  const { id, gateway, mqtt } = await vehicleWithGateway('А001АА77', 'sealed')
  const drive = driver(mqtt, gateway)
  await drive(inside, -100, -35)
  await until('it is seen inside', async () => (await sideOf(id)) === true)
  await drive(outside, -15, 45)
  const hold = await until('a hold stands', async () => (await holdsOf(id))[0])
  expect(hold).toMatchObject({ reason: 'zone', placedBy: { kind: 'rule', id: 'zone_exit' } })
  expect(await sideOf(id)).toBe(false)
  const { immobilizer } = await as('manager', 'GET', `/api/vehicles/${id}`)
  expect(immobilizer.order).toMatchObject({ action: 'block', reasons: ['zone'] })

  await drive(inside, 60, 120)
  await until('it is seen inside again', async () => (await sideOf(id)) === true)
  await until('no hold stands', async () => (await holdsOf(id)).length === 0)
  const { items } = await as('manager', 'GET', `/api/vehicles/${id}/timeline`)
  const titles = items.map(({ kind, title }: Answer) => `${kind} ${title}`)
  expect(titles).toEqual(
    expect.arrayContaining(['crossing outside', 'hold placed', 'order created', 'crossing inside', 'hold lifted']),
  )
  await mqtt.endAsync()
}, 60_000)

test('a vehicle that cannot be blocked is not held, but seen to leave', async () => {
  const { id, gateway, mqtt } = await vehicleWithGateway('А002АА77', 'not-sealed')
  const drive = driver(mqtt, gateway)
  await drive(inside, -100, -35)
  await drive(outside, -15, 45)
  await until('it is seen outside', async () => (await sideOf(id)) === false)
  expect(await holdsOf(id)).toEqual([])
  await mqtt.endAsync()
}, 60_000)

const zonesOf = async (id: string) => (await as('manager', 'GET', `/api/vehicles/${id}`)).immobilizer

test('a permit frees, its end judges anew; where no start is ever forbidden the hold stands and no order goes out', async () => {
  const { id, gateway, mqtt } = await vehicleWithGateway('А003АА77', 'sealed')
  const drive = driver(mqtt, gateway)
  await drive(inside, -110, -45)
  await until('it is seen inside', async () => (await sideOf(id)) === true)
  const bridge = { kind: 'never_block', name: 'Мост', circle: { ...outside, radiusM: 300 } }
  const drawn = await as('head', 'POST', '/api/zones', bridge)
  expect(drawn).toMatchObject({ type: 'Feature', properties: { kind: 'never_block', version: 1, editable: true } })
  const until1 = new Date(Date.now() + 3_600_000).toISOString()
  const permit = await as('manager', 'POST', `/api/vehicles/${id}/permits`, { until: until1, note: 'Свадьба в Калуге' })
  // The map of zones is looked at every five seconds at least; the next fixes come after that.
  await drive(outside, -25, 40)
  await until('it is seen outside', async () => (await sideOf(id)) === false)
  expect(await holdsOf(id)).toEqual([])

  await as('manager', 'DELETE', `/api/permits/${permit.id}`)
  await until('the permit has ended: a hold stands', async () => (await holdsOf(id))[0])
  const { order, whyNot } = await zonesOf(id)
  expect(whyNot).toBe('never-block-place')
  expect(order).toBeNull()

  await as('head', 'DELETE', `/api/zones/${drawn.id}?version=1`)
  const asked = await until('the order goes out', async () => (await zonesOf(id)).order ?? undefined)
  expect(asked).toMatchObject({ action: 'block', reasons: ['zone'] })
  const { items } = await as('manager', 'GET', `/api/permits?vehicle=${id}`)
  expect(items).toMatchObject([
    { permit: 'leave_zone', state: 'revoked', note: 'Свадьба в Калуге', givenBy: 'manager' },
  ])
  await mqtt.endAsync()
}, 90_000)
