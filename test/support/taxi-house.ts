import { randomUUID } from 'node:crypto'
import { connectAsync, type MqttClient } from 'mqtt'
import { z } from 'zod'
import { GatewayId } from '#contract/ids.ts'
import { upTopic } from '#contract/topics.ts'
import { createZoneShape } from '../../cloud/zones/zone.ts'
import { readZoneGeometry } from '../../cloud/zones/zone-store.ts'
import type { CloudApp } from './cloud-app.ts'
import { patiently } from './people-app.ts'

export type Place = { readonly lat: number; readonly lon: number }
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

const Answer = z.looseObject({})
export type Answer = { readonly status: number; readonly body: ReturnType<typeof JSON.parse> }

/** On the way from Наро-Фоминск to Обнинск, where the border is crossed, 150 m before and 450 m behind it. */
export function besideBorder(): { readonly inside: Place; readonly outside: Place } {
  const geometry = readZoneGeometry('moscow-region')
  const region = createZoneShape(geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates)
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

/** A taxi park on a whole cloud: cars with virtual gateways, drivers, leases; everything through REST and MQTT. */
export function taxiHouse(house: CloudApp, now: () => number = Date.now) {
  const cookies = new Map<string, Promise<string>>()
  const cookieOf = (role: string): Promise<string> => {
    const known = cookies.get(role) ?? house.as(role)
    cookies.set(role, known)
    return known
  }
  const ask = async (role: string, method: Method, url: string, payload?: object): Promise<Answer> => {
    const headers = { cookie: await cookieOf(role) }
    const answer = await patiently(house.cloud.http, {
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() }
  }
  /** What is refused fails the test. */
  const as = async (role: string, method: Method, url: string, payload?: object): Promise<Answer['body']> => {
    const { status, body } = await ask(role, method, url, payload)
    if (status >= 300) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(body)}`)
    return body
  }
  let phones = 79_160_000_200
  const driver = async (more: object = {}): Promise<string> => {
    phones += 1
    const phone = `+${phones}`
    const made = await as('owner', 'POST', '/api/drivers', {
      familyName: 'Громов',
      givenName: 'Антон',
      patronymic: 'Ильич',
      legalForm: 'self-employed',
      state: 'active',
      phones: [{ phone, main: true }],
      channels: [{ channel: 'sms', address: phone, consent: 'given' }],
      ...more,
    })
    return String(made.id)
  }
  const papersTo = async (vehicleId: string, validUntil: string): Promise<void> => {
    for (const kind of ['dk', 'osago', 'osgop'])
      await as('owner', 'POST', `/api/vehicles/${vehicleId}/papers`, { kind, number: validUntil, validUntil })
  }
  const draft = async (vehicleId: string, drivers: readonly string[], rates = RATES): Promise<string> => {
    const { id } = await as('owner', 'POST', '/api/leases', {
      vehicleId,
      plan: 'rent',
      drivers: drivers.map((driverId, index) => ({ driverId, main: index === 0 })),
      startsOn: '2026-09-01',
      depositKopecks: 0,
      schedule: { rates, payer: 'main' },
      buyout: null,
      marketValueKopecks: 180_000_000,
      note: '',
    })
    return String(id)
  }
  return {
    ask,
    as,
    driver,
    papersTo,
    draft,
    /** Into the hands of drivers: the zone and the balance are matters of the lease. */
    lease: async (vehicleId: string, drivers: readonly string[], rates = RATES): Promise<string> => {
      const id = await draft(vehicleId, drivers, rates)
      await papersTo(vehicleId, '2099-01-01')
      await as('owner', 'POST', `/api/leases/${id}/activate`, { note: 'Автомобиль передан' })
      return id
    },
    /** A vehicle whose gateway speaks by password; `sealed` ones may be blocked. */
    car: async (plate: string, seal: 'sealed' | 'not-sealed' = 'sealed') => {
      const { id } = await as('technician', 'POST', '/api/vehicles', { plate, model: 'Rapid' })
      const { claimCode } = await as('technician', 'POST', '/api/gateways', { vehicleId: id })
      const grant = await as('technician', 'POST', '/api/gateways/claim', { code: claimCode })
      if (seal === 'sealed')
        await as('technician', 'POST', `/api/gateways/${grant.gatewayId}/commissioning`, { note: 'да' })
      const gateway = GatewayId.parse(grant.gatewayId)
      const identity = { clientId: gateway, username: gateway, password: grant.password, protocolVersion: 4 } as const
      const mqtt = await connectAsync(String(grant.brokerUrl), identity)
      return { id: String(id), gateway, mqtt, drive: drivingOf(mqtt, gateway, now) }
    },
    vehicle: async (id: string): Promise<Answer['body']> => as('owner', 'GET', `/api/vehicles/${id}`),
    reasons: async (id: string): Promise<readonly string[]> => {
      const { immobilizer } = await as('owner', 'GET', `/api/vehicles/${id}`)
      const holds = z.array(z.looseObject({ reason: z.string() })).parse(immobilizer.holds)
      return holds.map(({ reason }) => reason).sort()
    },
    messages: async (query: string): Promise<readonly string[]> => {
      const { items } = await as('owner', 'GET', `/api/messages?limit=500&${query}`)
      return z
        .array(Answer.extend({ kind: z.string() }))
        .parse(items)
        .map(({ kind }) => kind)
    },
  }
}

/** Kopecks for each day from Monday on. */
const RATES: readonly number[] = [100, 100, 100, 100, 100, 100, 0]
/** Nobody owes anything, whatever day it is. */
export const FREE: readonly number[] = [0, 0, 0, 0, 0, 0, 0]

/** One fix every 5 s. Seconds count from now, and stay near enough to it to be believed. */
function drivingOf(mqtt: MqttClient, gateway: GatewayId, now: () => number) {
  const startedAt = now()
  const stream = randomUUID()
  let seq = 0
  return async (place: Place | readonly Place[], from: number, to: number): Promise<void> => {
    const places = [place].flat()
    const records = Array.from({ length: (to - from) / 5 + 1 }, (_, n) => {
      const readAt = startedAt + (from + n * 5) * 1000
      const quality = { timeQuality: 'gnss', fix: '3d', gnssTrust: 'ok', accuracyM: 5 }
      const { lat, lon } = places[n % places.length] ?? { lat: 0, lon: 0 }
      return { kind: 'frame', readAt, ...quality, relay: 'closed', lat, lon }
    })
    const batch = { v: 1, stream, firstSeq: seq + 1, records }
    seq += records.length
    await mqtt.publishAsync(upTopic(gateway, 'records'), JSON.stringify(batch), { qos: 1 })
  }
}
