import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { GatewayId } from '#contract/ids.ts'
import { type Clock, millis, seconds } from '#contract/instant.ts'
import { type GatewayStatus, Receipt } from '#contract/receipt.ts'
import { downTopic, parseTopic, upTopic } from '#contract/topics.ts'
import type { Log } from '../log.ts'
import type { Connection } from '../outbox/records-message.ts'
import { reconnectPause } from './reconnect-pause.ts'

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
  /** Called at every change of the connection. */
  readonly onChange: () => void
}

export type CloudClient = {
  /** Keeps one connection to the cloud, for ever and with patience, until told to stop. */
  run(stop: AbortSignal): Promise<void>
  connection(): Connection | undefined
  /** Resolves when the broker has acknowledged; rejects when the connection ended first. */
  publishRecords(payload: Uint8Array): Promise<void>
}

const KEEPALIVE_S = 60
const CONNECT_TIMEOUT_MS = 20_000

/** The one connection to the cloud. Messages wait in the outbox, never in here. */
export function createCloudClient(deps: CloudClientDeps): CloudClient {
  const { clock, log, gatewayId } = deps
  let client: MqttClient | undefined
  let connection: Connection | undefined

  const status = (online: boolean): string =>
    JSON.stringify({ v: 1, online, at: clock.now(), software: deps.software } satisfies GatewayStatus)

  const options = (): IClientOptions => ({
    clientId: gatewayId,
    username: gatewayId,
    protocolVersion: deps.protocolVersion,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    will: { topic: upTopic(gatewayId, 'status'), payload: Buffer.from(status(false)), qos: 1, retain: true },
    ...(deps.access.by === 'password' ? { password: deps.access.password } : {}),
    ...(deps.access.by === 'certificate' ? { key: deps.access.keyPem, cert: deps.access.certificatePem } : {}),
    ...(deps.access.caPem === undefined || deps.access.caPem === '' ? {} : { ca: deps.access.caPem }),
  })

  const take = (topic: string, payload: Uint8Array): void => {
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
        // An empty retained message clears the topic; it is no order.
        if (payload.length > 0) deps.onOrder(payload)
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
    const granted = await fresh.subscribeAsync(topics, { qos: 1 })
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic)
    if (refused.length > 0) throw new Error(`the broker refuses ${refused.join(', ')}`)
    await fresh.publishAsync(upTopic(gatewayId, 'status'), status(true), { qos: 1, retain: true })
    connection = { boot: deps.boot, since: clock.steady() }
    log.info({ gatewayId }, 'uplink.connected')
    deps.onChange()
  }

  /** One connection from beginning to end; answers whether it ever stood. */
  const once = (stop: AbortSignal): Promise<boolean> =>
    new Promise((done) => {
      const fresh = connect(deps.brokerUrl, options())
      let stood = false
      const end = (): void => {
        stop.removeEventListener('abort', leave)
        fresh.off('close', end)
        connection = undefined
        client = undefined
        fresh.end(true, () => done(stood))
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
          .then(end)
      }
      client = fresh
      stop.addEventListener('abort', leave, { once: true })
      fresh.on('error', (cause) => log.warn({ err: cause }, 'uplink.error'))
      fresh.on('message', take)
      fresh.on('connect', () => {
        stood = true
        arrived(fresh).catch((cause: unknown) => {
          log.warn({ err: cause }, 'uplink.not-accepted')
          stood = false
          end()
        })
      })
      fresh.once('close', end)
    })

  return {
    run: async (stop) => {
      let failures = 0
      while (!stop.aborted) {
        failures = (await once(stop)) ? 0 : failures + 1
        if (stop.aborted) return
        const pause = reconnectPause(failures, deps.random())
        log.info({ failures, pauseMs: Math.round(pause) }, 'uplink.disconnected')
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

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
