import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { Aedes, type AuthErrorCode, type Client } from 'aedes'
import mqemitter from 'mqemitter'
import type { Log } from '../log.ts'
import { type BusIdentity, type BusPlan, judgePublish, mayHear, maySubscribe } from './bus-access.ts'
import { createPacketLimit } from './packet-limit.ts'
import { VOICES, type VoiceSecrets } from './voices.ts'

export type LocalBroker = { start(): Promise<number>; close(): Promise<void> }

type Deps = { readonly plan: BusPlan; readonly secrets: VoiceSecrets; readonly log: Log }

const CONNECT_MS = 10_000
const DRAIN_MS = 10_000
const FIRST_PACKET_BYTES = 1024
const PACKET_BYTES = 65_536
/** Units are a handful; each may be connected twice for a moment while its old connection dies. */
const CONNECTIONS = 64
const REFUSALS_REMEMBERED = 1000
const BAD_CREDENTIALS: AuthErrorCode = 4
/** Where chatter goes: a topic that nobody may hear. */
const NOWHERE = 'dropped'

/**
 * The in-car broker: MQTT 3.1.1, in memory, default deny. Sessions are clean, whatever a client asks, so that no
 * command waits here for a unit that is away; retained messages are a unit's word that it is there, nothing else.
 */
export function createLocalBroker({ plan, secrets, log }: Deps): LocalBroker {
  // The default emitter drains its queue by recursion when a backlogged subscriber drops: stack overflow.
  const aedes = new Aedes({
    mq: mqemitter({ concurrency: 0 }),
    drainTimeout: DRAIN_MS,
    connectTimeout: CONNECT_MS,
    maxInflightInbound: 16,
    maxTopicLevels: 12,
  })
  const identities = new WeakMap<Client, BusIdentity>()
  /** Who holds a client id now: another user must not push it off the broker. */
  const holders = new Map<string, Client>()
  const refused = createRefusalLog(log)
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    let isAccepted = false
    limitPackets(socket, () => (isAccepted ? PACKET_BYTES : FIRST_PACKET_BYTES))
    aedes.handle(socket).once('connected', () => {
      isAccepted = true
    })
  })
  server.maxConnections = CONNECTIONS

  aedes.preConnect = (_client, packet, done) => {
    packet.clean = true
    done(null, true)
  }
  aedes.authenticate = (client, username, password, done) => {
    const identity = identityOf(plan, secrets, username ?? '', password)
    const holder = holders.get(client.id)
    const isHeldByOther = holder !== undefined && nameOf(identities.get(holder)) !== nameOf(identity)
    if (identity === undefined || isHeldByOther) {
      refused(username ?? client.id, isHeldByOther ? 'client-id' : 'sign-in', client.id)
      return done(Object.assign(new Error('bad user name or password'), { returnCode: BAD_CREDENTIALS }), false)
    }
    identities.set(client, identity)
    done(null, true)
  }
  aedes.on('client', (client) => holders.set(client.id, client))
  aedes.on('clientDisconnect', (client) => {
    if (holders.get(client.id) === client) holders.delete(client.id)
  })
  // Judges wills too; one whose client is no longer known comes without an identity and is refused.
  aedes.authorizePublish = (client, packet, done) => {
    const identity = client === null ? undefined : identities.get(client)
    const { topic, retain, payload } = packet
    const verdict = judgePublish(plan, identity, { topic, retain, payload: payload.toString() })
    if (verdict === 'allowed') return done(null)
    refused(nameOf(identity), `publish-${verdict}`, topic)
    if (verdict === 'refused') return done(new Error(`publish to ${topic.slice(0, 200)} is not allowed`))
    packet.retain = false
    if (verdict === 'dropped') {
      packet.topic = NOWHERE
      packet.payload = Buffer.alloc(0)
    }
    done(null)
  }
  aedes.authorizeSubscribe = (client, subscription, done) => {
    const identity = identities.get(client)
    if (maySubscribe(plan, identity, subscription.topic)) return done(null, subscription)
    // A failure in SUBACK: units ask for more than they get and live without it.
    refused(nameOf(identity), 'subscribe', subscription.topic)
    done(null, null)
  }
  aedes.authorizeForward = (client, packet) =>
    mayHear(plan, identities.get(client), packet.topic) ? packet : undefined
  aedes.addListener('error', (error: Error) => log.error({ err: String(error) }, 'local-bus.failed'))
  aedes.on('clientError', (client, error) => log.debug({ client: client.id, reason: error.message }, 'local-bus.lost'))
  aedes.on('connectionError', (_, error) => log.debug({ reason: error.message }, 'local-bus.stranger-lost'))

  return {
    start: async () => {
      await aedes.listen()
      await new Promise<void>((done, fail) => {
        server.once('error', fail)
        server.listen(plan.port, plan.host, done)
      })
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : plan.port
    },
    close: () => new Promise((done) => aedes.close(() => server.close(() => done()))),
  }
}

const nameOf = (identity: BusIdentity | undefined): string =>
  identity === undefined ? 'nobody' : identity.kind === 'unit' ? identity.unit.user : VOICES[identity.kind]

const digest = (secret: Uint8Array): Uint8Array => createHash('sha256').update(secret).digest()

function identityOf(
  plan: BusPlan,
  secrets: VoiceSecrets,
  username: string,
  password: Uint8Array | undefined,
): BusIdentity | undefined {
  const given = digest(password ?? Buffer.alloc(0))
  for (const kind of ['reader', 'immobilizer'] as const)
    if (username === VOICES[kind] && timingSafeEqual(given, digest(Buffer.from(secrets[kind])))) return { kind }
  const unit = plan.units.find(({ user }) => user === username)
  if (unit === undefined || !timingSafeEqual(given, Buffer.from(unit.passwordSha256, 'hex'))) return undefined
  return { kind: 'unit', unit }
}

/** Every refusal once: who, what, where. A unit that tries for ever must not fill the log. */
function createRefusalLog(log: Log): (who: string, what: string, where: string) => void {
  const told = new Set<string>()
  return (user, operation, where) => {
    const shown = where.slice(0, 200)
    const key = `${user} ${operation} ${shown}`
    if (told.has(key) || told.size >= REFUSALS_REMEMBERED) return
    told.add(key)
    const isChatter = operation === 'publish-dropped' || operation === 'subscribe'
    log[isChatter ? 'info' : 'warn']({ user, operation, topic: shown }, 'local-bus.refused')
  }
}

/** The broker's parser knows no largest packet, so lengths are read as bytes leave the socket's buffer. */
function limitPackets(socket: Socket, most: () => number): void {
  const keepsTo = createPacketLimit(most)
  const read = socket.read.bind(socket)
  socket.read = (size?: number) => {
    const chunk: unknown = read(size)
    if (!(chunk instanceof Uint8Array) || keepsTo(chunk)) return chunk
    socket.destroy(new Error('packet too large'))
    return null
  }
}
