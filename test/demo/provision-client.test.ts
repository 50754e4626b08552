import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createProvisionClient } from '../../demo/provision-client.ts'

type Seen = { method: string; path: string; who: string }

/** A cloud of the size a technician sees: two vehicles to a page, so that paging is walked. */
function smallCloud(options: { refuse?: string } = {}) {
  const vehicles: { id: string; plate: string; model: string }[] = []
  const gateways: {
    id: string
    vehicleId: string
    state: string
    sealed: { at: string; by: string } | null
    extra: number
  }[] = []
  const seen: Seen[] = []
  const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const page = (items: readonly object[], cursor: string | null) => {
    const from = Number(cursor ?? 0)
    return { items: items.slice(from, from + 2), nextCursor: from + 2 < items.length ? String(from + 2) : null }
  }
  const answer = (method: string, url: URL, body: Record<string, string>): [number, unknown] => {
    const path = `${method} ${url.pathname}`
    if (options.refuse === path) return [503, { code: 'cloud/not-ready' }]
    if (path === 'POST /api/vehicles') {
      const made = { id: uuid(vehicles.length + 1), plate: body['plate'] ?? '', model: body['model'] ?? '' }
      vehicles.push(made)
      return [201, made]
    }
    if (path === 'GET /api/vehicles') return [200, page(vehicles, url.searchParams.get('cursor'))]
    if (path === 'GET /api/gateways') return [200, page(gateways, url.searchParams.get('cursor'))]
    if (path === 'POST /api/gateways') {
      const id = `gw-${String(gateways.length + 1).padStart(8, '0')}`
      gateways.push({ id, vehicleId: body['vehicleId'] ?? '', state: 'claimable', sealed: null, extra: 1 })
      return [201, { id, vehicleId: body['vehicleId'], claimCode: 'ABCDEFGH', claimExpiresAt: '2026-11-21T00:00:00Z' }]
    }
    const [, id = '', action] = /^\/api\/gateways\/([^/]+)\/(.+)$/.exec(url.pathname) ?? []
    const gateway = gateways.find((each) => each.id === id)
    if (gateway === undefined) return [404, { code: 'gateway/unknown' }]
    if (action === 'claim-code') return [201, { claimCode: 'BCDEFGHJ', claimExpiresAt: '2026-11-21T00:00:00Z' }]
    gateway.sealed = { at: '2026-11-21T00:00:00Z', by: 'technician' }
    return [200, gateway]
  }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://cloud')
      const body = text === '' ? {} : JSON.parse(text)
      if (url.pathname === '/api/session') {
        response.setHeader('set-cookie', `kordon=${body.login}; HttpOnly; SameSite=Strict`)
        response.end('{}')
        return
      }
      seen.push({ method: request.method ?? '', path: url.pathname, who: request.headers.cookie ?? 'nobody' })
      const [status, answered] = answer(request.method ?? '', url, body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered))
    })
  })
  return { server, seen, gateways, vehicles }
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
async function listening(cloud: ReturnType<typeof smallCloud>) {
  servers.push(cloud.server)
  await new Promise<void>((done) => cloud.server.listen(0, '127.0.0.1', done))
  const address = cloud.server.address()
  return createProvisionClient(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
}
const CARS = ['А101ВС777', 'В214ЕК797', 'Е330НМ177'].map((plate) => ({ plate, model: 'Kia Rio' }))

test('a new car gets a vehicle, a gateway with a claim code and a sealed commissioning, each by whose job it is', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const provisioned = await client.provision({ plate: 'А101ВС777', model: 'Kia Rio' }, 'none')
  expect(provisioned).toMatchObject({
    gatewayId: 'gw-00000001',
    claimCode: 'ABCDEFGH',
    vehicleId: cloud.vehicles[0]?.id,
  })
  expect(cloud.gateways[0]?.sealed).not.toBeNull()
  expect(cloud.seen.filter((one) => one.method === 'POST')).toEqual([
    { method: 'POST', path: '/api/vehicles', who: 'kordon=owner' },
    { method: 'POST', path: '/api/gateways', who: 'kordon=technician' },
    { method: 'POST', path: '/api/gateways/gw-00000001/commissioning', who: 'kordon=technician' },
  ])
})

test('a restart with the identity kept finds every car, on whatever page, and changes nothing', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const first = []
  for (const car of CARS) first.push(await client.provision(car, 'none'))
  cloud.seen.length = 0
  const second = []
  for (const car of CARS) second.push(await client.provision(car, 'kept'))
  expect(second).toEqual(first.map(({ vehicleId, gatewayId }) => ({ vehicleId, gatewayId })))
  expect(cloud.seen.filter((one) => one.method !== 'GET')).toEqual([])
})

test('a gateway whose folder was lost gets a new claim code for the same id', async () => {
  const client = await listening(smallCloud())
  const [car] = CARS
  if (car === undefined) throw new Error('no car')
  const first = await client.provision(car, 'none')
  expect(await client.provision(car, 'none')).toEqual({ ...first, claimCode: 'BCDEFGHJ' })
})

test('a revoked gateway is left alone and the car gets another', async () => {
  const cloud = smallCloud()
  const client = await listening(cloud)
  const [car] = CARS
  if (car === undefined) throw new Error('no car')
  await client.provision(car, 'none')
  const [gateway] = cloud.gateways
  if (gateway !== undefined) gateway.state = 'revoked'
  expect((await client.provision(car, 'kept')).gatewayId).toBe('gw-00000002')
})

test("a refusal carries the request and the cloud's own words", async () => {
  const client = await listening(smallCloud({ refuse: 'POST /api/gateways' }))
  await expect(client.provision({ plate: 'А101ВС777', model: 'Kia Rio' }, 'none')).rejects.toThrow(
    'POST /api/gateways: 503 {"code":"cloud/not-ready"}',
  )
})
