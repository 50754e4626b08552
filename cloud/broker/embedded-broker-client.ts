import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Aedes, type AuthErrorCode, type AuthenticateError, type Client } from 'aedes'
import mqemitter from 'mqemitter'
import type { GatewayId } from '#contract/ids.ts'
import { type Clock, millis } from '#contract/instant.ts'
import { type ParsedTopic, upTopic } from '#contract/topics.ts'
import type { Log } from '../log.ts'
import type { Broker, BrokerEars } from './broker.ts'
import { BROKER_LIMITS } from './broker-limits.ts'
import { createDepartures } from './departures.ts'
import { createFirstTime } from './first-time.ts'
import { readStatus } from './gateway-status.ts'
import { type Claim, proveIdentity } from './identity-proof.ts'
import type { ListenerClient, Ports } from './listener-client.ts'
import { createPublishLane, type PublishLane } from './publish-lane.ts'
import type { RecordDoor } from './record-door-client.ts'
import { hearable, type Identity, isClientId, publishable } from './topic-access.ts'

export type EmbeddedBrokerDeps = BrokerEars & {
  readonly sockets: ListenerClient
  /** Puts a way for records past this broker's general machinery before a connection. */
  readonly recordDoor: (socket: Socket, clock: Clock) => RecordDoor
  readonly clock: Clock
  readonly log: Log
}
export type EmbeddedBroker = Broker & {
  /** The ports listened on, once started. */
  ports(): Ports
}

/** The options every embedded broker of the house runs with. Each works around a known fault: see the tests. */
export const aedesOptions = () => ({
  // The default emitter queues, and drains its queue by recursion when a backlogged subscriber drops: stack overflow.
  mq: mqemitter({ concurrency: 0 }),
  drainTimeout: BROKER_LIMITS.drainMs,
  connectTimeout: BROKER_LIMITS.connectMs,
  maxInflightInbound: 64,
  maxTopicLevels: 8,
})

type Session = {
  readonly identity: Identity
  readonly lane: PublishLane
  /** The topic spoken to last, judged: nearly always the next one too. */
  spoken: { readonly name: string; readonly topic: ParsedTopic | undefined }
  /** What it last said of itself. */
  said: 'nothing' | 'online' | 'offline'
}
type Sessions = WeakMap<Client, Session>
type Operation = 'publish' | 'subscribe' | 'will'
type Refuse = (client: Client | null, topic: string, operation: Operation) => Error

const UNAVAILABLE: AuthErrorCode = 3
const BAD_CREDENTIALS: AuthErrorCode = 4
const NOT_AUTHORIZED: AuthErrorCode = 5
const answer = (message: string, returnCode: AuthErrorCode): AuthenticateError =>
  Object.assign(new Error(message), { returnCode })

/** MQTT 3.1.1 in our own process: the PUBACK of `up/records` follows the journal's commit, by hook, not by subscription. */
export function createEmbeddedBrokerClient(deps: EmbeddedBrokerDeps): EmbeddedBroker {
  const { log } = deps
  const aedes = new Aedes(aedesOptions())
  // By connection, so that a session ends with it, after its will has been judged.
  const sessions: Sessions = new WeakMap()
  const refuse = createRefusal(deps)
  const stop = new AbortController()
  const taken = skipFanOut(aedes)
  decideWhoConnects(aedes, sessions, deps, refuse)
  decideWhoSpeaks(aedes, sessions, deps, refuse, taken)
  const presence = watchPresence(aedes, sessions, deps)
  return {
    start: async () => {
      await aedes.listen()
      await deps.sockets.start((socket, accepted) => {
        const door = deps.recordDoor(socket, deps.clock)
        const client = aedes.handle(socket)
        client.once('connected', () => {
          accepted()
          openDoor(door, sessions.get(client), deps)
        })
      })
      void watchDeadlines(presence.lanes, deps, stop.signal)
      void tellEnds(presence.departures, deps, stop.signal)
      log.info(deps.sockets.ports(), 'broker.listening')
    },
    ports: deps.sockets.ports,
    publish: (topic, payload, { retain }) =>
      new Promise((done, fail) => {
        const bytes = typeof payload === 'string' ? payload : Buffer.from(payload)
        const packet = { cmd: 'publish', topic, payload: bytes, qos: 1, retain, dup: false } as const
        aedes.publish(packet, (error) => (error == null ? done() : fail(error)))
      }),
    onGatewayConnected: presence.onConnected,
    disconnect: presence.disconnect,
    close: async () => {
      stop.abort()
      deps.sockets.close()
      await new Promise<void>((done) => aedes.close(done))
    },
  }
}

/** A refused topic is counted each time and logged once per client and topic. */
function createRefusal({ log, count }: EmbeddedBrokerDeps): Refuse {
  const firstTime = createFirstTime()
  return (client, topic, operation) => {
    count('topic-refused', 1)
    const shown = topic.slice(0, 200)
    if (firstTime(`${client?.id} ${operation} ${shown}`))
      log.warn({ client: client?.id, operation, topic: shown }, 'broker.topic-refused')
    return new Error(`${operation} to ${shown} is not allowed`)
  }
}

function decideWhoConnects(
  aedes: Aedes,
  sessions: Sessions,
  { log, count, ...keys }: EmbeddedBrokerDeps,
  refuse: Refuse,
): void {
  const wills = new WeakMap<Client, string>()
  const firstTime = createFirstTime()
  aedes.preConnect = (client, packet, done) => {
    if (!isClientId(packet.clientId)) return done(new Error('client id not acceptable'), false)
    // Nothing may depend on a session of MQTT 3.1.1, and without one there is no queue that grows while a car is away.
    packet.clean = true
    if (packet.keepalive !== undefined && packet.keepalive > 0)
      packet.keepalive = Math.max(packet.keepalive, BROKER_LIMITS.keepAliveFloorS)
    if (packet.will !== undefined) wills.set(client, packet.will.topic)
    done(null, true)
  }
  const judge = (client: Client, identity: Identity | undefined): AuthenticateError | null => {
    const will = wills.get(client)
    if (identity === undefined) {
      count('connection-refused', 1)
      if (firstTime(client.id)) log.warn({ client: client.id }, 'broker.connection-refused')
      return answer('bad user name or password', BAD_CREDENTIALS)
    }
    if (will !== undefined && publishable(identity, will) === undefined)
      return answer(refuse(client, will, 'will').message, NOT_AUTHORIZED)
    sessions.set(client, {
      identity,
      lane: createPublishLane(BROKER_LIMITS.publishesAtOnce, BROKER_LIMITS.publishesWaiting),
      spoken: { name: '', topic: undefined },
      said: 'nothing',
    })
    return null
  }
  aedes.authenticate = (client, username, password, done) => {
    const said = { clientId: client.id, username, password: password?.toString() ?? '' }
    proveIdentity({ ...said, ...proofOf(client) }, keys).then(
      (identity) => {
        const error = judge(client, identity)
        done(error, error === null)
      },
      (cause: unknown) => {
        log.error({ err: cause, client: client.id }, 'broker.authentication-failed')
        done(answer('not available now', UNAVAILABLE), false)
      },
    )
  }
}

/** TLS has verified the chain already; a socket without a verified certificate proves nothing. */
function proofOf({ conn }: Client): Pick<Claim, 'by' | 'certificateName' | 'certificateSerial'> {
  if (!(conn instanceof TLSSocket)) return { by: 'password', certificateName: undefined }
  const { subject, serialNumber: serial } = conn.authorized ? conn.getPeerCertificate() : {}
  const name: unknown = subject?.CN
  return { by: 'certificate', certificateName: typeof name === 'string' ? name : undefined, certificateSerial: serial }
}

/** A gateway's records go past the broker from here on, through the same lane as those that do not. */
function openDoor(door: RecordDoor, session: Session | undefined, { ingest }: EmbeddedBrokerDeps): void {
  if (session?.identity.kind !== 'gateway') return
  const { gateway } = session.identity
  door.open({
    topic: Buffer.from(upTopic(gateway, 'records')),
    accept: (messages, done, now) => {
      if (ingest.takeAll === undefined) {
        for (const one of messages)
          session.lane.run(
            (end) => takeRecords(ingest, gateway, one.payload, end),
            (error) => done([one], error),
            now,
          )
        return
      }
      const payloads = messages.map(({ payload }) => payload)
      session.lane.run(
        (end) => ingest.takeAll?.(gateway, payloads, end),
        (error) => done(messages, error),
        now,
        messages.length,
      )
    },
  })
}

function takeRecords(
  ingest: EmbeddedBrokerDeps['ingest'],
  gateway: GatewayId,
  payload: Uint8Array,
  done: (error?: Error) => void,
): void {
  if (ingest.take !== undefined) {
    ingest.take(gateway, payload, done)
    return
  }
  const fail = (cause: unknown): void => done(cause instanceof Error ? cause : new Error(String(cause)))
  ingest.accept(gateway, payload).then(() => done(), fail)
}

function spokenTo(session: Session, name: string): ParsedTopic | undefined {
  if (session.spoken.name !== name) session.spoken = { name, topic: publishable(session.identity, name) }
  return session.spoken.topic
}

type Taken = { add(packet: object): unknown }

/**
 * Nobody may subscribe to what gateways send up, and its consumers read the journal. The broker would still look for
 * listeners of each record, at a tenth of what a record costs.
 */
function skipFanOut(aedes: Aedes): Taken {
  const taken = new WeakSet<object>()
  const { publish } = aedes
  // Its own callers give the client too, which its types do not tell: (packet, done) or (packet, client, done).
  aedes.publish = (packet: object, ...rest: readonly unknown[]): void => {
    const done = rest.at(-1)
    if (taken.delete(packet) && typeof done === 'function') done()
    else Reflect.apply(publish, aedes, [packet, ...rest])
  }
  return taken
}

function decideWhoSpeaks(
  aedes: Aedes,
  sessions: Sessions,
  deps: EmbeddedBrokerDeps,
  refuse: Refuse,
  taken: Taken,
): void {
  const firstTime = createFirstTime()
  /** Answers whether it is a status to be kept. Whatever the listener does, the broker lives. */
  const takeStatus = (session: Session, gateway: GatewayId, payload: string): 'taken' | 'refused' => {
    const status = readStatus(payload)
    if (status === undefined) {
      deps.count('status-refused', 1)
      if (firstTime(gateway)) deps.log.warn({ gateway }, 'broker.status-refused')
      return 'refused'
    }
    session.said = status.online ? 'online' : 'offline'
    try {
      deps.onStatus(gateway, status)
    } catch (cause) {
      deps.log.error({ err: cause, gateway }, 'broker.listener-failed')
    }
    return 'taken'
  }
  const handOn = (topic: ParsedTopic, payload: string | Buffer, done: (error?: Error) => void): void => {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    if (topic.direction !== 'owntracks') {
      takeRecords(deps.ingest, topic.gateway, bytes, done)
      return
    }
    const fail = (cause: unknown): void => done(cause instanceof Error ? cause : new Error(String(cause)))
    const accepted = deps.phones?.accept(topic.user, topic.device, bytes) ?? Promise.resolve()
    accepted.then(() => done(), fail)
  }
  // Also judges wills. Setting it replaces the broker's own guard of `$SYS`, which no topic of ours can match.
  aedes.authorizePublish = (client, packet, done) => {
    const session = client === null ? undefined : sessions.get(client)
    const topic = session === undefined ? undefined : spokenTo(session, packet.topic)
    if (session === undefined || topic === undefined) return done(refuse(client, packet.topic, 'publish'))
    if (topic.direction === 'up' && topic.channel === 'status') {
      // A will says no more than the end of its session, and would say it of a gateway whose newer session has taken over.
      if (client?.closed === true || takeStatus(session, topic.gateway, packet.payload.toString()) === 'refused')
        packet.retain = false
      return done(null)
    }
    // Records live in the journal; a retained copy would only be a stale one.
    packet.retain = false
    taken.add(packet)
    if (packet.qos === 0) deps.count('records-qos0', 1)
    session.lane.run(
      (done) => handOn(topic, packet.payload, done),
      (error) => done(error ?? null),
      deps.clock.steady(),
    )
  }
  aedes.authorizeSubscribe = (client, subscription, done) => {
    const identity = sessions.get(client)?.identity
    if (hearable(identity, subscription.topic)) return done(null, subscription)
    const error = refuse(client, subscription.topic, 'subscribe')
    // OwnTracks asks for more than it needs and lives with a failure in SUBACK; a gateway of ours never asks.
    if (identity?.kind === 'phone') return done(null, null)
    done(error)
  }
  aedes.authorizeForward = (client, packet) =>
    hearable(sessions.get(client)?.identity, packet.topic) ? packet : undefined
}

function watchPresence(aedes: Aedes, sessions: Sessions, { clock, log }: EmbeddedBrokerDeps) {
  const departures = createDepartures()
  const present = new Map<GatewayId, Client>()
  const active = new Set<Client>()
  const listeners: ((gateway: GatewayId) => void)[] = []
  const gatewayOf = (client: Client): GatewayId | undefined => {
    const identity = sessions.get(client)?.identity
    return identity?.kind === 'gateway' ? identity.gateway : undefined
  }
  // From registration, before CONNACK: a gateway revoked at this very moment must not slip through.
  aedes.on('client', (client) => {
    const gateway = gatewayOf(client)
    active.add(client)
    if (gateway === undefined) return
    present.set(gateway, client)
    departures.back(gateway)
  })
  aedes.on('subscribe', (_, client) => {
    const gateway = gatewayOf(client)
    if (gateway === undefined) return
    for (const listener of listeners)
      try {
        listener(gateway)
      } catch (cause) {
        log.error({ err: cause, gateway }, 'broker.listener-failed')
      }
  })
  aedes.on('clientDisconnect', (client) => {
    const gateway = gatewayOf(client)
    active.delete(client)
    if (gateway === undefined || present.get(gateway) !== client) return
    present.delete(gateway)
    // Also one that has said nothing: the word of an earlier session may still stand.
    if (sessions.get(client)?.said !== 'offline') departures.ended({ gateway, at: clock.now() }, clock.steady())
  })
  aedes.addListener('error', (error: Error) => log.error({ err: error }, 'broker.failed'))
  aedes.on('clientError', (client, error) =>
    log.debug({ client: client.id, reason: error.message }, 'broker.client-lost'),
  )
  aedes.on('connectionError', (_, error) => log.debug({ reason: error.message }, 'broker.stranger-lost'))
  return {
    departures,
    onConnected: (listener: (gateway: GatewayId) => void) => void listeners.push(listener),
    lanes: function* (): Iterable<[string, PublishLane]> {
      for (const client of active) {
        const session = sessions.get(client)
        if (session !== undefined) yield [client.id, session.lane]
      }
    },
    disconnect: (gateway: GatewayId) => void present.get(gateway)?.close(),
  }
}

/** A publish that is not durable in time closes its connection: the gateway sends again, and the journal knows it. */
async function watchDeadlines(
  lanes: () => Iterable<[string, PublishLane]>,
  { clock, log, count }: EmbeddedBrokerDeps,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(millis(1000), stop)
    const moment = millis(clock.steady() - BROKER_LIMITS.durableWithinMs)
    for (const [client, lane] of lanes()) {
      const late = lane.giveUpBefore(moment)
      if (late === 0) continue
      count('records-late', late)
      log.warn({ client, late }, 'broker.records-late')
    }
  }
}

/** Once a second, together: not one by one when thousands go, and none when it is this broker that goes. */
async function tellEnds(
  departures: ReturnType<typeof createDepartures>,
  { clock, log, onEnded }: EmbeddedBrokerDeps,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(millis(1000), stop)
    const ends = departures.due(clock.steady())
    if (stop.aborted || ends.length === 0) continue
    try {
      await onEnded?.(ends)
      departures.told(ends)
    } catch (err) {
      log.warn({ err, ends: ends.length }, 'broker.ends-not-kept')
    }
  }
}
