import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function startEcho(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function through(weather: Parameters<typeof startFaultProxy>[1]): Promise<{ proxy: FaultProxy; socket: Socket }> {
  const proxy = await startFaultProxy(await startEcho(), weather)
  const socket = dial(proxy.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  closing.push(async () => {
    socket.destroy()
    await proxy.close()
  })
  return { proxy, socket }
}

const closed = (socket: Socket): Promise<void> => new Promise((done) => socket.once('close', () => done()))

async function echoed(socket: Socket, sent: Buffer): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  socket.write(sent)
  while (length < sent.length) {
    const [part] = (await once(socket, 'data')) as [Buffer]
    parts.push(part)
    length += part.length
  }
  return Buffer.concat(parts)
}

test('bytes arrive whole and in order through delay, jitter and loss', async () => {
  const { socket, proxy } = await through({ oneWayMs: 2, jitterMs: 5, loss: 0.02 })
  const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
  expect((await echoed(socket, sent)).equals(sent)).toBe(true)
  expect(proxy.bytes()).toEqual({ up: 100_000, down: 100_000 })
})

test('a round trip takes at least twice the one-way delay', async () => {
  const { socket } = await through({ oneWayMs: 40 })
  const from = performance.now()
  await echoed(socket, Buffer.from('x'))
  expect(performance.now() - from).toBeGreaterThanOrEqual(79)
})

test('a half-open line swallows everything and keeps the socket', async () => {
  const { socket, proxy } = await through({})
  proxy.set({ halfOpen: true })
  let heard = 0
  socket.on('data', () => {
    heard += 1
  })
  socket.write('anyone there?')
  await pause(60)
  expect([heard, socket.destroyed]).toEqual([0, false])
})

test('a cut line resets what is open and refuses what comes, until it is restored', async () => {
  const { socket, proxy } = await through({})
  proxy.cut()
  await closed(socket)
  const refused = dial(proxy.port, '127.0.0.1')
  refused.on('error', () => refused.destroy())
  await closed(refused)
  proxy.restore()
  const again = dial(proxy.port, '127.0.0.1')
  await once(again, 'connect')
  expect((await echoed(again, Buffer.from('hello'))).toString()).toBe('hello')
  again.destroy()
})
