import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Log } from '../log.ts'
import type { BrokerCount } from './broker.ts'
import { BROKER_LIMITS } from './broker-limits.ts'
import { createPacketLength } from './packet-length.ts'

type Address = { readonly host: string; readonly port: number }
export type Listeners = {
  /** For passwords and phones: loopback, unless the operator says otherwise. Port 0 picks a free one. */
  readonly plain?: Address
  /** For certificates (CN = gateway id) issued by `ca`. PEM texts. */
  readonly tls?: Address & { readonly key: string; readonly cert: string; readonly ca: string }
}
export type Ports = { readonly plain: number | undefined; readonly tls: number | undefined }

export type ListenerClient = {
  /** Listens; each socket goes to `handle`, which calls `accepted` once its CONNECT has been accepted. */
  start(handle: (socket: Socket, accepted: () => void) => void): Promise<void>
  ports(): Ports
  close(): void
}

type Deps = {
  readonly listeners: Listeners
  readonly log: Log
  count(what: BrokerCount, by: number): void
  /** How many that have not been accepted yet may wait at one address; default: `BROKER_LIMITS`. */
  readonly strangersPerAddress?: number
}

/** The listening sockets, with what a stranger may cost: few bytes, little time, not too many from one address. */
export function createListenerClient({ listeners, log, count, ...limits }: Deps): ListenerClient {
  const { strangersPerAddress = BROKER_LIMITS.strangersPerAddress } = limits
  const strangers = new Map<string, number>()
  let plain: Server | undefined
  let tls: Server | undefined

  /** Answers the function that ends the stranger's state, or undefined when there are too many. */
  const admit = (socket: Socket): (() => void) | undefined => {
    const address = socket.remoteAddress ?? 'unknown'
    const present = strangers.get(address) ?? 0
    if (present >= strangersPerAddress) return undefined
    strangers.set(address, present + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      const others = (strangers.get(address) ?? 1) - 1
      if (others > 0) strangers.set(address, others)
      else strangers.delete(address)
    }
  }

  // The broker's parser knows no largest packet, so lengths are read as bytes leave the socket's buffer.
  const limitPackets = (socket: Socket, limit: () => number): void => {
    const keepsTo = createPacketLength(limit)
    const read = socket.read.bind(socket)
    socket.read = (size?: number) => {
      const chunk: unknown = read(size)
      if (!(chunk instanceof Uint8Array) || keepsTo(chunk)) return chunk
      count('over-limit', 1)
      socket.destroy(new Error('packet too large'))
      return null
    }
  }

  const welcome = (handle: (socket: Socket, accepted: () => void) => void) => (socket: Socket) => {
    const leave = admit(socket)
    if (leave === undefined) {
      count('over-limit', 1)
      socket.destroy()
      return
    }
    let known = false
    limitPackets(socket, () => (known ? BROKER_LIMITS.packetBytes : BROKER_LIMITS.firstPacketBytes))
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.once('close', leave)
    handle(socket, () => {
      known = true
      leave()
    })
  }

  return {
    start: async (handle) => {
      const lost = (error: Error) => log.debug({ reason: error.message }, 'broker.stranger-lost')
      if (listeners.plain !== undefined) plain = await listen(createServer(welcome(handle)), listeners.plain)
      if (listeners.tls === undefined) return
      const { key, cert, ca } = listeners.tls
      const proof = { requestCert: true, rejectUnauthorized: true } as const
      // A day: a car that comes back need not send its certificate anew. Who was revoked is asked of the registry, at each connect.
      const resumed = { sessionTimeout: 86_400 } as const
      const care = { handshakeTimeout: BROKER_LIMITS.connectMs, minVersion: 'TLSv1.2', ...resumed } as const
      const server = createTlsServer({ key, cert, ca, ...proof, ...care }, welcome(handle))
      server.on('tlsClientError', lost)
      tls = await listen(server, listeners.tls)
    },
    ports: () => ({ plain: portOf(plain), tls: portOf(tls) }),
    close: () => {
      plain?.close()
      tls?.close()
    },
  }
}

async function listen(server: Server, { host, port }: Address): Promise<Server> {
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}
