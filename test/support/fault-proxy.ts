import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { type Random, seededRandom } from './seeded-random.ts'
import { createTcpLine } from './tcp-line.ts'

/** What the line between two ends does to them. Both directions alike; `oneWayMs` is half of the round trip. */
export type Weather = {
  readonly oneWayMs: number
  readonly jitterMs: number
  /** Share of segments lost. TCP hides a loss and pays with time: the segment and all behind it wait (`tcp-line.ts`). */
  readonly loss: number
  readonly bytesPerSecond: number
  /** Swallows everything in silence, as a lost radio link does: sockets stay open. */
  readonly halfOpen: boolean
}

const CLEAR: Weather = { oneWayMs: 0, jitterMs: 0, loss: 0, bytesPerSecond: Number.POSITIVE_INFINITY, halfOpen: false }
const SEGMENT_BYTES = 1448

/** A TCP proxy on loopback that makes weather. */
export type FaultProxy = {
  readonly port: number
  set(weather: Partial<Weather>): void
  /** Resets every connection that is open now. */
  reset(): void
  /** Refuses new connections and resets the open ones, until `restore`. */
  cut(): void
  restore(): void
  bytes(): { readonly up: number; readonly down: number }
  connections(): number
  close(): Promise<void>
}

/** Sends what arrives at `from` on to `to`, late and in order. */
function carry(from: Socket, to: Socket, weather: () => Weather, random: Random, count: (bytes: number) => void): void {
  const line = createTcpLine(weather, random)
  let timer: NodeJS.Timeout | undefined
  const deliver = (): void => {
    clearTimeout(timer)
    timer = undefined
    const whole = line.arrived(performance.now())
    if (whole.length > 0 && !to.destroyed) to.write(Buffer.concat(whole))
    const next = line.nextMs()
    if (next !== undefined) timer = setTimeout(deliver, Math.max(1, next - performance.now()))
    else if (from.readableEnded) to.end()
  }
  from.on('data', (data: Buffer) => {
    if (weather().halfOpen) return
    count(data.length)
    for (let at = 0; at < data.length; at += SEGMENT_BYTES)
      line.send(data.subarray(at, at + SEGMENT_BYTES), performance.now())
    deliver()
  })
  from.on('end', () => {
    if (timer === undefined) deliver()
  })
  from.on('close', () => clearTimeout(timer))
}

/** Starts a proxy on a free loopback port towards `targetPort` on loopback. The same seed loses the same segments. */
export async function startFaultProxy(targetPort: number, first: Partial<Weather> = {}, seed = 1): Promise<FaultProxy> {
  let weather: Weather = { ...CLEAR, ...first }
  let open = true
  const bytes = { up: 0, down: 0 }
  const sockets = new Set<Socket>()
  const random = seededRandom(seed, 'fault-proxy')
  const server = createServer((client) => {
    if (!open) return client.resetAndDestroy()
    const upstream = dial({ host: '127.0.0.1', port: targetPort, noDelay: true })
    client.setNoDelay(true)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        if (!weather.halfOpen) other.destroy()
      })
    }
    carry(
      client,
      upstream,
      () => weather,
      random,
      (count) => {
        bytes.up += count
      },
    )
    carry(
      upstream,
      client,
      () => weather,
      random,
      (count) => {
        bytes.down += count
      },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: address.port,
    set: (changes) => {
      weather = { ...weather, ...changes }
    },
    reset,
    cut: () => {
      open = false
      reset()
    },
    restore: () => {
      open = true
    },
    bytes: () => ({ ...bytes }),
    connections: () => sockets.size / 2,
    close: async () => {
      reset()
      server.close()
      await once(server, 'close')
    },
  }
}
