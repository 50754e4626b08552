import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'

type Seen = { method: string; path: string; who: string }

const signerKey = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'small', alg: 'EdDSA' }

/** A cloud of the size a technician sees: two vehicles to a page, so that paging is walked. */
export function smallCloud(options: { refuse?: string } = {}) {
  const vehicles: { id: string; plate: string; model: string }[] = []
  const gateways: {
    id: string
    vehicleId: string
    state: string
    sealed: { at: string; by: string } | null
    code: string
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
      const code = `ABCDEF${'ABCDEFGHJKLMNPQRSTUVWXYZ'.charAt(gateways.length)}2`
      gateways.push({ id, vehicleId: body['vehicleId'] ?? '', state: 'claimable', sealed: null, code })
      return [201, { id, vehicleId: body['vehicleId'], claimCode: code, claimExpiresAt: '2026-11-21T00:00:00Z' }]
    }
    if (path === 'POST /api/gateways/claim') {
      const claimed = gateways.find((gateway) => gateway.code === body['code'])
      if (claimed === undefined) return [404, { title: 'No such code' }]
      claimed.state = 'active'
      const { id: gatewayId, vehicleId } = claimed
      return [
        200,
        {
          by: 'password',
          gatewayId,
          vehicleId,
          signerKeys: [signerKey],
          caPem: '',
          password: 'x',
          brokerUrl: 'mqtt://127.0.0.1:9',
        },
      ]
    }
    const [, id = '', action] = /^\/api\/gateways\/([^/]+)\/(.+)$/.exec(url.pathname) ?? []
    const gateway = gateways.find((each) => each.id === id)
    if (gateway === undefined) return [404, { code: 'gateway/unknown' }]
    if (action === 'claim-code') return [201, { claimCode: 'BCDEFGHJ', claimExpiresAt: '2026-11-21T00:00:00Z' }]
    if (gateway.state !== 'active') return [409, { code: 'gateway/not-active' }]
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
