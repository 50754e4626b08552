import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../support/real-servers-process.ts'

const MAIN = new URL('../../flows/main.ts', import.meta.url).pathname
const INSIDE = { name: 'region', inside: true, since: null }
const SINCE = '2026-11-21T10:00:00.000Z'
const OUTSIDE = { name: 'region', inside: false, since: SINCE }
const CROSSED = { at: SINCE, key: 'crossing region', kind: 'crossing', title: 'outside', data: {} }
const vehicleWith = (order: object | null, zone: object = INSIDE) => ({ id: 'v1', zone, immobilizer: { order } })
const ORDER = { id: '5b2c3f1e-0000-4000-8000-000000000001', vehicleId: 'v1', action: 'block', state: 'verified' }

type Received = { readonly key: string; readonly token: string | undefined; readonly body: unknown }

let dir: string
let cloud: Server
let endpoint: Server
let listeners: Set<ServerResponse>
let tokens: (string | undefined)[]
let vehicles: object[]
let happenings: object[]
let received: Received[]
let endpointStatus: number
let attempts: number
let flows: ChildProcess | undefined
let output: string

const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}

const listenOn = async (answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Server> => {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-flows-'))
  listeners = new Set()
  tokens = []
  vehicles = []
  happenings = []
  received = []
  endpointStatus = 200
  attempts = 0
  cloud = await listenOn((request, response) => {
    tokens.push(request.headers.authorization)
    const json = (answer: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    const [, timelineOf] = /^\/api\/vehicles\/(\w+)\/timeline/.exec(request.url ?? '') ?? []
    if (timelineOf !== undefined) return json({ items: happenings, nextCursor: null })
    if (request.url === '/api/vehicles?limit=100')
      return json({ items: vehicles.slice(0, 1), nextCursor: vehicles.length > 1 ? 'second page' : null })
    if (request.url === '/api/vehicles?limit=100&cursor=second%20page')
      return json({ items: vehicles.slice(1), nextCursor: null })
    if (request.url !== '/api/live') return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 3000\nevent: hello\ndata: {}\n\n')
    listeners.add(response)
  })
  endpoint = await listenOn(async (request, response) => {
    let text = ''
    for await (const piece of request) text += String(piece)
    attempts += 1
    const { 'idempotency-key': key, authorization } = request.headers
    if (endpointStatus === 200) received.push({ key: String(key), token: authorization, body: JSON.parse(text) })
    response.writeHead(endpointStatus).end()
  })
})

const stopFlows = async (signal: NodeJS.Signals = 'SIGTERM') => {
  if (flows === undefined || flows.exitCode !== null || flows.signalCode !== null) return
  flows.kill(signal)
  await once(flows, 'exit')
}

afterEach(async () => {
  await stopFlows('SIGKILL')
  for (const server of [cloud, endpoint]) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(dir, { recursive: true })
})

async function startFlows(more: Readonly<Record<string, string>> = {}): Promise<void> {
  listeners.clear()
  output = ''
  flows = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KORDON_URL: `http://127.0.0.1:${portOf(cloud)}`,
      KORDON_TOKEN: 'the token',
      KORDON_FLOWS_WEBHOOK_URL: `http://127.0.0.1:${portOf(endpoint)}/in`,
      KORDON_FLOWS_WEBHOOK_TOKEN: 'for the endpoint',
      KORDON_DATA_DIR: dir,
      ...more,
    },
  })
  for (const stream of [flows.stdout, flows.stderr]) stream?.on('data', (text) => (output += String(text)))
  await expect.poll(() => `${listeners.size} ${output}`).toMatch(/^1 /)
}

const tell = (event: string, data: unknown) => {
  for (const listener of listeners) listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
// Two branches of a flow have different lengths: which of two messages leaves first is not promised.
const keys = () => received.map(({ key }) => key).sort()

test('a verified block and a zone exit arrive once each, and nothing else does', async () => {
  await startFlows()
  expect(new Set(tokens)).toEqual(new Set(['Bearer the token']))
  tell('order', { ...ORDER, id: 'o-waiting', state: 'waiting' })
  tell('order', { ...ORDER, id: 'o-unblock', action: 'unblock' })
  tell('vehicle', vehicleWith(null))
  tell('alert', { id: 'a1', vehicleId: 'v1', kind: 'crossing' })
  tell('vehicle', { ...vehicleWith(null, OUTSIDE), id: 'v2' })
  tell('order', ORDER)
  tell('order', ORDER)
  tell('vehicle', vehicleWith(ORDER))
  await expect.poll(keys).toHaveLength(1)
  happenings = [CROSSED]
  tell('vehicle', vehicleWith(ORDER, OUTSIDE))
  tell('vehicle', vehicleWith(ORDER, OUTSIDE))
  tell('order', { ...ORDER, id: 'o-last' })
  await expect.poll(keys).toEqual([`block-verified:${ORDER.id}`, 'block-verified:o-last', `zone-exit:v1:${SINCE}`])
  expect(received[0]).toEqual({
    key: `block-verified:${ORDER.id}`,
    token: 'Bearer for the endpoint',
    body: { id: `block-verified:${ORDER.id}`, kind: 'block-verified', data: ORDER },
  })
  expect(output).not.toContain('error')
})

test('an endpoint that is down gets the message when it is up, also over kill -9 of the flows', {
  timeout: 60_000,
}, async () => {
  endpointStatus = 503
  await startFlows()
  tell('order', ORDER)
  await expect.poll(() => attempts).toBeGreaterThanOrEqual(2)
  await stopFlows('SIGKILL')
  endpointStatus = 200
  await startFlows()
  await expect.poll(keys).toEqual([`block-verified:${ORDER.id}`])
  tell('order', ORDER)
  tell('order', { ...ORDER, id: 'o-after' })
  await expect.poll(keys).toEqual([`block-verified:${ORDER.id}`, 'block-verified:o-after'])
})

test('what happened while nobody listened is told at the next connection', async () => {
  vehicles = [{ ...vehicleWith(null), id: 'v0' }, vehicleWith(ORDER, OUTSIDE)]
  happenings = [CROSSED]
  await startFlows()
  const both = [`block-verified:${ORDER.id}`, `zone-exit:v1:${SINCE}`]
  await expect.poll(keys).toEqual(both)
  for (const listener of listeners) listener.destroy()
  listeners.clear()
  await expect.poll(() => listeners.size).toBe(1)
  tell('order', { ...ORDER, id: 'o-after' })
  await expect.poll(keys).toEqual([...both, 'block-verified:o-after'].sort())
})

test('a cloud that cannot be asked is asked again', async () => {
  vehicles = [{ id: 'a vehicle without a zone' }]
  await startFlows()
  await expect.poll(() => output).toContain('zone')
  vehicles = [vehicleWith(ORDER)]
  await expect.poll(keys).toEqual([`block-verified:${ORDER.id}`])
})

test('by default nothing listens: neither editor nor admin interface', async () => {
  const port = String(await freePort())
  await startFlows({ KORDON_FLOWS_PORT: port })
  await expect(fetch(`http://127.0.0.1:${port}/flows`)).rejects.toThrow()
})

test('the editor, when asked for, wants its password', async () => {
  const port = String(await freePort())
  const hash = '$2b$08$CwTycUXWue0Thq9StjUM0uJ8Jm3w1y8Yk1n7o8uF1Qv7W0kX0m8xK'
  await startFlows({ KORDON_FLOWS_PORT: port, KORDON_FLOWS_EDITOR: '1', KORDON_FLOWS_EDITOR_PASSWORD_HASH: hash })
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${port}/flows`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(401)
})
