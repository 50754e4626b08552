import { connect, type MqttClient } from 'mqtt'
import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'

type Deps = {
  readonly user: string
  readonly secret: string
  /** Where the broker listens now; undefined while there is none. */
  readonly address: () => { readonly host: string; readonly port: number } | undefined
  /** Whole topics, no filters. */
  readonly topics: readonly string[]
  readonly onMessage: (topic: string, payload: Uint8Array) => void
  readonly onChange: (state: 'connected' | 'away') => void
  readonly clock: Clock
  readonly log: Log
}

/** One of the gateway's own voices on the in-car broker. */
export type LocalBusClient = {
  /** Keeps one connection until told to stop. */
  run(stop: AbortSignal): Promise<void>
  /**
   * Says it once, now: rejects when there is no connection or no acknowledgement in time, and then ends the connection,
   * so that nothing is ever said again later by itself.
   */
  publish(topic: string, payload: string): Promise<void>
}

const RETRY = millis(250)
const ACKNOWLEDGE = seconds(2)
const CONNECT_TIMEOUT_MS = 5000

export function createLocalBusClient(deps: Deps): LocalBusClient {
  const { clock, log, user } = deps
  let client: MqttClient | undefined

  const arrived = async (fresh: MqttClient): Promise<void> => {
    if (deps.topics.length > 0) {
      const granted = await fresh.subscribeAsync([...deps.topics], { qos: 1 })
      const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic)
      if (refused.length > 0) throw new Error(`the in-car broker refuses ${refused.join(', ')}`)
    }
    client = fresh
    deps.onChange('connected')
  }

  /** One connection from beginning to end. */
  const once = ({ host, port }: { host: string; port: number }, stop: AbortSignal): Promise<void> =>
    new Promise((done) => {
      const fresh = connect({
        host,
        port,
        protocol: 'mqtt',
        clientId: user,
        username: user,
        password: deps.secret,
        protocolVersion: 4,
        clean: true,
        keepalive: 15,
        connectTimeout: CONNECT_TIMEOUT_MS,
        // A connection that was lost is not mended but replaced: mending would send unacknowledged commands again.
        reconnectPeriod: 0,
        resubscribe: false,
        queueQoSZero: false,
        // As in uplink/cloud-client.ts: 8 MB less.
        writeCache: false,
      })
      const end = (): void => {
        stop.removeEventListener('abort', end)
        fresh.off('close', end)
        const stood = client === fresh
        if (stood) client = undefined
        fresh.end(true, () => done())
        if (stood) deps.onChange('away')
      }
      stop.addEventListener('abort', end, { once: true })
      fresh.on('error', (cause) => log.debug({ user, err: cause }, 'local-bus.client-error'))
      fresh.on('message', (topic, payload) => {
        try {
          deps.onMessage(topic, payload)
        } catch (cause) {
          log.error({ topic, err: cause }, 'local-bus.message-failed')
        }
      })
      fresh.on('connect', () => {
        arrived(fresh).catch((cause: unknown) => {
          log.warn({ user, err: cause }, 'local-bus.not-accepted')
          end()
        })
      })
      fresh.once('close', end)
    })

  return {
    run: async (stop) => {
      while (!stop.aborted) {
        const address = deps.address()
        if (address !== undefined) await once(address, stop)
        await clock.sleep(RETRY, stop)
      }
    },
    publish: async (topic, payload) => {
      const open = client
      if (open === undefined) throw new Error('the in-car broker is away')
      const timer = new AbortController()
      const late = clock.sleep(ACKNOWLEDGE, timer.signal).then(() => {
        if (timer.signal.aborted) return
        open.end(true)
        throw new Error(`${topic} was not acknowledged`)
      })
      try {
        await Promise.race([open.publishAsync(topic, payload, { qos: 1, retain: false }), late])
      } finally {
        timer.abort()
      }
    },
  }
}
