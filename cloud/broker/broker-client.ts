import { Socket } from 'node:net'
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import type { GatewayId } from '#contract/ids.ts'
import { type Clock, millis } from '#contract/instant.ts'
import { everyOwntracks, everyUp, parseTopic } from '#contract/topics.ts'
import { TooManyHoles } from '../ingest/stream-position.ts'
import type { Log } from '../log.ts'
import type { Broker, BrokerEars } from './broker.ts'
import { createFirstTime } from './first-time.ts'
import { readStatus } from './gateway-status.ts'

export type BrokerClientDeps = BrokerEars & {
  /** `mqtt://` or `mqtts://`, with user and password if the broker asks for them. */
  readonly url: string
  /** Trusted authority of an `mqtts://` broker, PEM; default: the system's. */
  readonly caPem?: string
  /** Names this cloud instance among others on the same broker; keeps its session through a restart. */
  readonly instance: string
  /** Connections that share the records, 32 unless said: each acknowledges one message at a time, and all share a commit. */
  readonly consumers?: number
  readonly clock: Clock
  readonly log: Log
}

const SHARE = 'kordon-cloud'
/**
 * Long enough for a start anew, which then finds what it had not acknowledged. Not longer: Mosquitto goes on giving an instance that
 * is away its share, and nobody gets that.
 */
const SESSION_S = 60
/** With eight, senders that say everything again after a broken connection were sooner than what was stored of it. */
const CONSUMERS = 32
const RETRY_MS = 1000
const REFUSED_RETRY_MS = 30_000

/**
 * An outside MQTT 5 broker. Records come by shared subscription, so several cloud instances split the work, and are
 * acknowledged after the commit. What the broker itself promises is its own affair: only our receipt lets a gateway
 * forget. Topics are trusted as far as the broker's access list is (see `accessFilters`).
 */
export function createBrokerClient(deps: BrokerClientDeps): Broker {
  const { log, clock } = deps
  const firstTime = createFirstTime()
  const stop = new AbortController()
  const listeners: ((gateway: GatewayId) => void)[] = []
  const consumers: MqttClient[] = []
  let control: MqttClient | undefined

  const open = (name: string, more: IClientOptions): MqttClient => {
    const client = connect(deps.url, {
      protocolVersion: 5,
      clientId: `kordon-cloud-${deps.instance}-${name}`,
      reconnectPeriod: RETRY_MS,
      connectTimeout: 10_000,
      resubscribe: false,
      ...(deps.caPem === undefined ? {} : { ca: deps.caPem }),
      ...more,
    })
    // An order must not wait for the acknowledgement of a receipt.
    client.on('connect', () => client.stream instanceof Socket && client.stream.setNoDelay(true))
    client.on('error', (error) => log.warn({ name, reason: error.message }, 'broker.connection-failed'))
    client.on('close', () => log.info({ name }, 'broker.connection-closed'))
    return client
  }

  /** Tries until the journal takes it: unacknowledged, the message stays with the broker, and so do those behind it. */
  const makeDurable = async (packet: IPublishPacket): Promise<void> => {
    const topic = parseTopic(packet.topic)
    const { phones } = deps
    if (topic?.direction === 'owntracks' && phones !== undefined)
      return untilDurable(packet.topic, () => phones.accept(topic.user, topic.device, Buffer.from(packet.payload)))
    const isRecords = topic?.direction === 'up' && topic.channel === 'records'
    if (!isRecords || (await deps.credentials.isRevokedByNow(topic.gateway))) {
      deps.count('topic-refused', 1)
      if (firstTime(packet.topic)) log.warn({ topic: packet.topic.slice(0, 200) }, 'broker.topic-refused')
      return
    }
    if (packet.qos === 0) deps.count('records-qos0', 1)
    const bytes = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    await untilDurable(topic.gateway, () => deps.ingest.accept(topic.gateway, bytes))
  }
  const untilDurable = async (from: string, accept: () => Promise<void>): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        return await accept()
      } catch (cause) {
        if (cause instanceof TooManyHoles) {
          // Held back it would keep everybody behind it waiting. Nothing receipts it, so the gateway sends it again.
          deps.count('over-limit', 1)
          if (firstTime(`holes ${from}`)) log.warn({ err: cause, from }, 'broker.records-refused')
          return
        }
        log.warn({ err: cause, from }, 'broker.records-delayed')
        await clock.sleep(millis(RETRY_MS), stop.signal)
      }
    }
    throw new Error('stopped before the records were durable')
  }

  const hearStatus = async (name: string, payload: Buffer): Promise<void> => {
    const topic = parseTopic(name)
    const status = readStatus(payload.toString())
    if (topic?.direction !== 'up') return
    if (await deps.credentials.isRevokedByNow(topic.gateway)) {
      // It got in, by a broker that has not heard of it yet. Its will, which says offline, is no session.
      if (status?.online === true) takeOver(topic.gateway)
      return
    }
    if (status === undefined) {
      deps.count('status-refused', 1)
      if (firstTime(`status ${name}`)) log.warn({ gateway: topic.gateway }, 'broker.status-refused')
      return
    }
    const told = [() => deps.onStatus(topic.gateway, status), ...listeners.map((listen) => () => listen(topic.gateway))]
    for (const tell of status.online ? told : told.slice(0, 1))
      try {
        tell()
      } catch (cause) {
        log.error({ err: cause, gateway: topic.gateway }, 'broker.listener-failed')
      }
  }

  /**
   * Ends a gateway's session by beginning one of its name: of two clients with one id every broker keeps the newer
   * (MQTT 5 §3.1.4). The list of revoked certificates keeps it from coming back.
   */
  const takeOver = (gateway: GatewayId): void => {
    const client = connect(deps.url, {
      protocolVersion: 5,
      clientId: gateway,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      ...(deps.caPem === undefined ? {} : { ca: deps.caPem }),
    })
    client.once('connect', () => {
      log.info({ gateway }, 'broker.session-ended')
      client.end()
    })
    client.once('error', (error) => {
      log.warn({ gateway, reason: error.message }, 'broker.session-not-ended')
      client.end(true)
    })
  }

  const openConsumer = (index: number): MqttClient => {
    const properties = { sessionExpiryInterval: SESSION_S, receiveMaximum: 20 }
    const client = open(`records-${index}`, { clean: false, properties })
    client.handleMessage = (packet, done) => {
      // Without a call of `done` there is no PUBACK, and the broker delivers again.
      makeDurable(packet).then(
        () => done(),
        () => {},
      )
    }
    return client
  }

  /**
   * Asks at every connect, whatever the broker says of a session: Mosquitto 2.0 gives one back after its own restart without the
   * shared subscriptions, and would never deliver again. Resolves when it is granted first, rejects when it is refused first.
   */
  const subscribed = (client: MqttClient, filter: string): Promise<void> =>
    new Promise((done, fail) => {
      const ask = async (): Promise<void> => {
        const line = client.stream
        const stands = (): boolean => client.connected && client.stream === line && !stop.signal.aborted
        while (stands())
          try {
            await client.subscribeAsync(filter, { qos: 1 })
            return done()
          } catch (err) {
            // Where the connection ended first, the next one asks.
            if (!stands()) return
            fail(new Error(`the broker refuses the subscription to ${filter}`, { cause: err }))
            if (firstTime(`refused ${filter}`)) log.warn({ err, filter }, 'broker.subscription-refused')
            await clock.sleep(millis(REFUSED_RETRY_MS), stop.signal)
          }
      }
      client.on('connect', () => void ask())
    })

  return {
    start: async () => {
      control = open('control', { clean: true })
      control.on('message', (topic, payload) => void hearStatus(topic, payload))
      for (let index = 1; index <= (deps.consumers ?? CONSUMERS); index += 1) consumers.push(openConsumer(index))
      // A broker whose access list knows no trackers still carries the gateways.
      const trackers = deps.phones === undefined ? [] : everyOwntracks(SHARE)
      await Promise.all([
        subscribed(control, everyUp('status')),
        ...consumers.map((client) => subscribed(client, everyUp('records', SHARE))),
        ...consumers
          .slice(0, 1)
          .flatMap((first) => trackers.map((filter) => subscribed(first, filter).catch(() => {}))),
      ])
      log.info({ consumers: consumers.length }, 'broker.connected')
    },
    publish: async (topic, payload, { retain }) => {
      if (control?.connected !== true) throw new Error('the broker is not connected')
      await control.publishAsync(topic, Buffer.from(payload), { qos: 1, retain })
    },
    onGatewayConnected: (listener) => void listeners.push(listener),
    disconnect: takeOver,
    close: async () => {
      stop.abort()
      await Promise.all([control, ...consumers].map((client) => client?.endAsync(true)))
    },
  }
}
