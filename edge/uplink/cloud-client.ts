import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { connect, type IClientOptions, type MqttClient, type Packet } from 'mqtt'
import type { GatewayId } from '#contract/ids.ts'
import { type Clock, type Millis, millis, seconds } from '#contract/instant.ts'
import { type GatewayStatus, Receipt } from '#contract/receipt.ts'
import { downTopic, parseTopic, upTopic } from '#contract/topics.ts'
import type { Log } from '../log.ts'
import type { Connection } from '../outbox/records-message.ts'
import { holdForAnswer } from './held-answer.ts'
import { FRESH, type KeepAlive, LONGEST_PAUSE, lostAfter, pingEvery, survived } from './keep-alive.ts'
import type { KeepAliveStore } from './keep-alive-store.ts'
import { nextMove, openedLink, packetHeard, packetSent } from './link-watch.ts'
import { createLossProbe } from './loss-probe.ts'
import { type ConnectionEnd, connectionEnded, FIRST_TRY, reconnectPause } from './reconnect-pause.ts'

export type CloudAccess =
  | { readonly by: 'certificate'; readonly keyPem: string; readonly certificatePem: string; readonly caPem: string }
  | { readonly by: 'password'; readonly password: string; readonly caPem?: string }

export type CloudClientDeps = {
  readonly brokerUrl: string
  readonly gatewayId: GatewayId
  readonly access: CloudAccess
  /** MQTT 3.1.1 (level 4) for the embedded broker, 5 for an outside one. */
  readonly protocolVersion: 4 | 5
  readonly software: string
  readonly boot: string
  readonly clock: Clock
  readonly log: Log
  /** A number from 0 to 1. */
  readonly random: () => number
  readonly onReceipt: (receipt: Receipt) => void
  readonly onOrder: (payload: Uint8Array) => void
  readonly onConfig: (payload: Uint8Array) => void
  /** What an earlier start found out about the way, and where a change of it is kept. Absent: found out anew. */
  readonly keepAlive?: KeepAliveStore
  /** Called at every change of the connection. */
  readonly onChange: () => void
  /** Somebody else connects with our identity, again and again. */
  readonly onContested: () => void
}

export type CloudClient = {
  /** Keeps one connection to the cloud, for ever and with patience, until told to stop. */
  run(stop: AbortSignal): Promise<void>
  connection(): Connection | undefined
  /** Resolves when the broker has acknowledged; rejects when the connection ended first. */
  publishRecords(payload: Uint8Array): Promise<void>
}

const CONNECT_TIMEOUT_MS = 20_000
/** How late a silent link may be noticed at most. */
const WATCH_EVERY = seconds(10)

/** The one connection to the cloud. Messages wait in the outbox, never in here. */
export function createCloudClient(deps: CloudClientDeps): CloudClient {
  const { clock, log, gatewayId } = deps
  let client: MqttClient | undefined
  let connection: Connection | undefined
  let keepAlive = deps.keepAlive?.load() ?? FRESH
  /** What lets the next connection do without certificates, 5 KB less on the air. The broker may refuse it. */
  let tlsSession: Buffer | undefined

  const learn = (next: KeepAlive): void => {
    const isNew = next.step !== keepAlive.step
    keepAlive = next
    try {
      if (isNew) deps.keepAlive?.save(next)
    } catch (cause) {
      log.warn({ err: cause }, 'uplink.keep-alive-unwritable')
    }
  }

  const status = (online: boolean): string =>
    JSON.stringify({ v: 1, online, at: clock.now(), software: deps.software } satisfies GatewayStatus)

  const options = (): IClientOptions => ({
    clientId: gatewayId,
    username: gatewayId,
    protocolVersion: deps.protocolVersion,
    clean: true,
    // Our own watch pings earlier, at a pause that it finds out; this is what the broker counts by.
    keepalive: LONGEST_PAUSE / 1000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    // The library's 65,536 prepared numbers of two bytes are 8 MB; made anew each costs nothing that shows.
    writeCache: false,
    will: { topic: upTopic(gatewayId, 'status'), payload: Buffer.from(status(false)), qos: 1, retain: true },
    ...(deps.access.by === 'password' ? { password: deps.access.password } : {}),
    ...(deps.access.by === 'certificate' ? { key: deps.access.keyPem, cert: deps.access.certificatePem } : {}),
    ...(tlsSession === undefined ? {} : { session: tlsSession }),
    ...(deps.access.caPem === undefined || deps.access.caPem === '' ? {} : { ca: deps.access.caPem }),
  })

  const take = (topic: string, payload: Uint8Array, hold: () => void): void => {
    const parsed = parseTopic(topic)
    if (parsed === undefined || parsed.direction !== 'down' || parsed.gateway !== gatewayId) {
      log.warn({ topic }, 'uplink.unexpected-topic')
      return
    }
    switch (parsed.channel) {
      case 'receipt':
        takeReceipt(payload)
        break
      case 'order':
        // It clears the topic, or follows an order by which TCP learns of its loss; it is no order.
        if (payload.length === 0) break
        hold()
        deps.onOrder(payload)
        break
      case 'config':
        if (payload.length > 0) deps.onConfig(payload)
        break
      default:
        parsed satisfies never
    }
  }

  const takeReceipt = (payload: Uint8Array): void => {
    const receipt = Receipt.safeParse(jsonOf(payload))
    if (receipt.success) deps.onReceipt(receipt.data)
    else log.warn({ reason: receipt.error.issues[0]?.message }, 'receipt.unreadable')
  }

  const arrived = async (fresh: MqttClient): Promise<void> => {
    const topics = (['receipt', 'order', 'config'] as const).map((channel) => downTopic(gatewayId, channel))
    // Both questions at once, in this order on the line: a round trip less before the first record.
    const [granted] = await Promise.all([
      fresh.subscribeAsync(topics, { qos: 1 }),
      fresh.publishAsync(upTopic(gatewayId, 'status'), status(true), { qos: 1, retain: true }),
    ])
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic)
    if (refused.length > 0) throw new Error(`the broker refuses ${refused.join(', ')}`)
    connection = { boot: deps.boot, since: clock.steady() }
    log.info({ gatewayId }, 'uplink.connected')
    deps.onChange()
  }

  /** Pings when nothing else was said for long, and gives up a link that takes everything and answers nothing. */
  const watch = async (fresh: MqttClient, giveUp: () => void, ended: AbortSignal): Promise<void> => {
    let link = openedLink(clock.steady())
    fresh.on('packetsend', (packet) => {
      link = packetSent(link, kindOf(packet), clock.steady())
    })
    fresh.on('packetreceive', () => {
      const heard = packetHeard(link, clock.steady())
      link = heard.link
      learn(survived(keepAlive, heard.survived, clock.steady()))
    })
    while (!ended.aborted) {
      const now = clock.steady()
      const next = nextMove(link, pingEvery(keepAlive), now)
      switch (next.move) {
        case 'wait':
          await clock.sleep(millis(Math.min(next.until - now, WATCH_EVERY)), ended)
          break
        case 'ping':
          fresh.sendPing()
          // Should the library not tell us of its own ping.
          if (link.pingedAt === undefined) link = packetSent(link, 'ping', now)
          break
        case 'give-up':
          learn(lostAfter(keepAlive, next.silence, now))
          log.warn({ silenceMs: next.silence, pingEveryMs: pingEvery(keepAlive) }, 'uplink.silent')
          return giveUp()
        default:
          next satisfies never
      }
    }
  }

  /** One connection from beginning to end. */
  const once = (stop: AbortSignal): Promise<ConnectionEnd> =>
    new Promise((done) => {
      const fresh = connect(deps.brokerUrl, options())
      const ended = new AbortController()
      let stoodAt: Millis | undefined
      const end = (by: ConnectionEnd['by']): void => {
        if (ended.signal.aborted) return
        ended.abort()
        stop.removeEventListener('abort', leave)
        connection = undefined
        client = undefined
        const lasted = millis(clock.steady() - (stoodAt ?? clock.steady()))
        fresh.end(true, () => done({ by: stoodAt === undefined ? 'no-connection' : by, lasted }))
        deps.onChange()
      }
      /** A planned end says so itself; a broker that does not answer within two seconds says it by the will. */
      const leave = (): void => {
        const said = fresh.connected
          ? fresh.publishAsync(upTopic(gatewayId, 'status'), status(false), { qos: 1, retain: true })
          : Promise.resolve()
        const patience = clock.sleep(seconds(2), new AbortController().signal)
        void Promise.race([said, patience])
          .catch(() => {})
          .then(() => end('us'))
      }
      client = fresh
      if (fresh.stream instanceof TLSSocket)
        fresh.stream.on('session', (ticket: Buffer) => {
          tlsSession = ticket
        })
      stop.addEventListener('abort', leave, { once: true })
      fresh.on('error', (cause) => log.warn({ err: cause }, 'uplink.error'))
      const probe = createLossProbe(fresh, clock, ended.signal)
      const hold = (): void => {
        probe.awaited()
        holdForAnswer(fresh, clock, ended.signal)
      }
      fresh.on('message', (topic, payload) => take(topic, payload, hold))
      fresh.on('connect', () => {
        stoodAt = clock.steady()
        // A report of 1 KB must not wait for the acknowledgement of the one before it: 40 ms here, a round trip on the road.
        if (fresh.stream instanceof Socket) fresh.stream.setNoDelay(true)
        void watch(fresh, () => end('us'), ended.signal)
        arrived(fresh).catch((cause: unknown) => {
          log.warn({ err: cause }, 'uplink.not-accepted')
          end('no-connection')
        })
      })
      fresh.once('close', () => end('them'))
    })

  return {
    run: async (stop) => {
      let history = FIRST_TRY
      while (!stop.aborted) {
        const end = await once(stop)
        if (stop.aborted) return
        const seen = connectionEnded(history, end, clock.steady())
        history = seen.history
        if (seen.isContested) {
          log.warn({ gatewayId, times: history.shortLived }, 'uplink.contested')
          deps.onContested()
        }
        const pause = reconnectPause(history.failures, deps.random())
        log.info({ failures: history.failures, pauseMs: Math.round(pause) }, 'uplink.disconnected')
        await clock.sleep(millis(pause), stop)
      }
    },
    connection: () => connection,
    publishRecords: async (payload) => {
      if (client === undefined) throw new Error('not connected')
      await client.publishAsync(
        upTopic(gatewayId, 'records'),
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        { qos: 1 },
      )
    },
  }
}

function kindOf(packet: Packet): 'statement' | 'question' | 'ping' {
  if (packet.cmd === 'pingreq') return 'ping'
  return packet.cmd === 'subscribe' || (packet.cmd === 'publish' && packet.qos > 0) ? 'question' : 'statement'
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
