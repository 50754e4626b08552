import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import type { Gateway } from '../../../../cloud/console/api/gateway.ts'
import type { Order, Vehicle } from '../../../../cloud/console/api/vehicle.ts'
import { fakeFleet, fakeGateways, fakeTrack, orderOf } from './fake-fleet.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.geojson': 'application/geo+json',
  '.svg': 'image/svg+xml',
}

export type Seen = { readonly method: string; readonly path: string; readonly body: unknown }
export type FakeCloud = Awaited<ReturnType<typeof startFakeCloud>>

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  const text = Buffer.concat(parts).toString('utf8')
  return text === '' ? null : JSON.parse(text)
}

/**
 * A cloud of HTTP and server-sent events that says exactly what a test wants said: it never decides anything by itself.
 * Sign-in is `manager` with `demo-manager`; `signedIn` skips it.
 */
export async function startFakeCloud(options: { dist: string; signedIn: boolean; port?: number }) {
  const began = Date.now()
  const vehicles = new Map(fakeFleet(began).map((vehicle) => [vehicle.id, vehicle]))
  const gateways: Gateway[] = fakeGateways([...vehicles.values()], began)
  const track = fakeTrack(began)
  const streams = new Set<ServerResponse>()
  const seen: Seen[] = []
  /** `refused`: the first word of a path that answers no. */
  const state = { signedIn: options.signedIn, throttled: false, live: true, role: 'manager', refused: '' }

  const json = (response: ServerResponse, status: number, body: unknown) => {
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    response.writeHead(status, { 'content-type': type })
    response.end(body === null ? undefined : JSON.stringify(body))
  }
  const problem = (response: ServerResponse, status: number, code: string, more: object = {}) =>
    json(response, status, { type: 'about:blank', title: code, status, code, ...more })
  const user = () => ({ user: { id: 'u1', login: state.role, name: 'Ольга Менеджер', role: state.role } })

  const tell = (event: string, data: unknown) => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  /** Changes a vehicle and says so on the live feed, as if the car had reported. */
  const report = (id: string, change: (vehicle: Vehicle) => Vehicle) => {
    const vehicle = vehicles.get(id)
    if (vehicle === undefined) throw new Error(`no vehicle ${id}`)
    vehicles.set(id, change(vehicle))
    tell('vehicle', change(vehicle))
  }

  function session(method: string, body: unknown, response: ServerResponse) {
    if (method === 'DELETE') {
      state.signedIn = false
      return json(response, 204, null)
    }
    if (method === 'GET')
      return state.signedIn ? json(response, 200, user()) : problem(response, 401, 'session/missing')
    if (state.throttled) return problem(response, 429, 'session/throttled', { retryAfterS: 90 })
    const right = JSON.stringify(body) === JSON.stringify({ login: 'manager', password: 'demo-manager' })
    state.signedIn = right
    return right ? json(response, 200, user()) : problem(response, 401, 'session/wrong-credentials')
  }

  function live(response: ServerResponse) {
    if (!state.live) return problem(response, 503, 'service/unavailable')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': welcome\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  /** A hold is taken and an order sent; what the car makes of it is for the test to say. */
  function placeHold(vehicle: Vehicle, body: unknown, response: ServerResponse) {
    const { reason, note } = body as { reason: 'manual'; note: string }
    const hold = {
      id: `hold-${seen.length}`,
      vehicleId: vehicle.id,
      reason,
      note,
      placedBy: { kind: 'user', id: 'u1', name: 'Ольга Менеджер' },
      placedAt: new Date().toISOString(),
      liftedAt: null,
      liftedBy: null,
      liftNote: null,
      orderId: null,
    }
    const order: Order = orderOf(
      vehicle.id,
      { id: `order-${seen.length}`, state: 'sent', issuedAt: new Date().toISOString() },
      Date.now(),
    )
    vehicles.set(vehicle.id, {
      ...vehicle,
      immobilizer: { ...vehicle.immobilizer, holds: [...vehicle.immobilizer.holds, hold], order },
    })
    json(response, 202, { hold, order: { id: order.id, href: `/api/orders/${order.id}` } })
  }

  function liftHold(vehicle: Vehicle, holdId: string, response: ServerResponse) {
    const remaining = vehicle.immobilizer.holds.filter((hold) => hold.id !== holdId)
    vehicles.set(vehicle.id, { ...vehicle, immobilizer: { ...vehicle.immobilizer, holds: remaining } })
    json(response, 202, { hold: vehicle.immobilizer.holds.find((hold) => hold.id === holdId), order: null, remaining })
  }

  const allOrders = (): Order[] =>
    [...vehicles.values()].map((vehicle) => vehicle.immobilizer.order).filter((order) => order !== null)

  function ofVehicle(id: string, rest: readonly string[], method: string, body: unknown, response: ServerResponse) {
    const vehicle = vehicles.get(id)
    if (vehicle === undefined) return problem(response, 404, 'vehicle/unknown')
    const [what, holdId] = rest
    if (what === undefined) return json(response, 200, vehicle)
    if (what === 'holds' && method === 'POST') return placeHold(vehicle, body, response)
    if (what === 'holds' && holdId !== undefined) return liftHold(vehicle, holdId, response)
    if (what === 'track') return json(response, 200, { points: track, total: track.length, downsampled: false })
    if (what === 'gaps')
      return json(response, 200, {
        items: [{ from: track[3]?.readAt, to: track[6]?.readAt, cause: 'no-contact', apartM: 2300 }],
        missing: [{ records: 12, from: track[3]?.readAt, to: track[6]?.readAt, since: track[6]?.readAt }],
      })
    if (what === 'mileage' && rest[1] === 'ledger') {
      const revision = (number: number, km: number, reason: string) => ({
        ...{ revision: number, frames: 100 * number, reason, computedAt: new Date(began).toISOString() },
        mileage: { km, errorKm: 0.8, source: 'odometer', gaps: [] },
      })
      return json(response, 200, {
        items: [{ day: '2026-11-24', revisions: [revision(1, 31.2, 'first'), revision(2, 34.62, 'late-frames')] }],
      })
    }
    if (what === 'mileage' && rest[1] === 'daily') {
      const gaps = [{ from: track[3]?.readAt, to: track[6]?.readAt, km: 2.4 }]
      const mileage = { km: 34.62, errorKm: 0.8, source: 'odometer', gaps }
      return json(response, 200, { items: [{ day: '2026-11-24', mileage, frames: 200, state: 'running' }] })
    }
    if (what === 'orders') return json(response, 200, { items: allOrders().filter((order) => order.vehicleId === id) })
    if (what === 'timeline') {
      const at = (hours: number): string => new Date(began - hours * 3_600_000).toISOString()
      const items = [
        {
          at: at(1),
          key: 'o',
          kind: 'order',
          title: 'verified',
          data: { action: 'block', state: 'verified', by: 'user:manager', reason: null },
        },
        {
          at: at(1.1),
          key: 'h',
          kind: 'hold',
          title: 'placed',
          data: {
            change: 'placed',
            reason: 'balance',
            note: 'Согласовано с руководителем',
            by: { kind: 'user', id: 'u1', name: 'manager' },
          },
        },
        { at: at(5), key: 'c', kind: 'crossing', title: 'outside', data: { zone: 'moscow-region', side: 'outside' } },
        { at: at(26), key: 's', kind: 'status', title: 'online', data: { online: true } },
      ]
      return json(response, 200, { items, nextCursor: null })
    }
    return problem(response, 404, 'route/unknown')
  }

  function api(path: string, method: string, body: unknown, response: ServerResponse) {
    const [head, id, ...rest] = path.split('/').slice(2)
    if (head === 'session') return session(method, body, response)
    if (!state.signedIn) return problem(response, 401, 'session/missing')
    if (head === 'live') return live(response)
    if (head === state.refused) return problem(response, 403, 'access/forbidden')
    if (head === 'vehicles' && id === undefined)
      return json(response, 200, { items: [...vehicles.values()], nextCursor: null })
    if (head === 'vehicles' && id !== undefined) return ofVehicle(id, rest, method, body, response)
    if (head === 'orders') return json(response, 200, allOrders().find((order) => order.id === id) ?? null)
    const claim = { claimCode: 'K7MPQ2XD', claimExpiresAt: new Date(Date.now() + 900_000).toISOString() }
    if (head === 'gateways' && id === undefined && method === 'GET') return json(response, 200, { items: gateways })
    if (head === 'gateways' && id === undefined) return json(response, 201, { id: 'gw-new22222', ...claim })
    if (head === 'gateways' && rest[0] === 'claim-code') return json(response, 200, claim)
    if (head === 'gateways' && rest[0] === 'revoke') return json(response, 200, {})
    return problem(response, 404, 'route/unknown')
  }

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://fake').pathname
    if (!path.startsWith('/api/')) {
      const file = join(options.dist, normalize(path))
      const found = path !== '/' && existsSync(file) ? file : join(options.dist, 'index.html')
      response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' })
      createReadStream(found).pipe(response)
      return
    }
    void bodyOf(request).then((body) => {
      const method = request.method ?? 'GET'
      seen.push({ method, path, body })
      api(path, method, body, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  /** Cuts every live connection; with `refuse` none comes back until `restoreLive`. */
  const dropLive = () => {
    state.live = false
    for (const stream of streams) stream.destroy()
  }
  const restoreLive = () => {
    state.live = true
  }
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${port}`, vehicles, seen, state, report, tell, dropLive, restoreLive, close }
}
