import { Configuration } from '#contract/configuration.ts'
import type { GatewayId } from '#contract/ids.ts'
import { type Clock, type Millis, seconds } from '#contract/instant.ts'
import { downTopic } from '#contract/topics.ts'
import type { Broker } from '../broker/broker.ts'
import type { Log } from '../log.ts'
import type { ConfigurationRow } from '../postgres/configuration-tables.ts'
import type { ConfigurationStore } from './configuration-store.ts'

type Deps = {
  readonly store: ConfigurationStore
  readonly sign: (document: Configuration) => Promise<string>
  readonly publish: Broker['publish']
  /** Gateways that were asked for something or have come back, since the last call. */
  readonly take: () => ReadonlySet<GatewayId>
  readonly rest: (length: Millis, stop: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

const IDLE = seconds(5)

/**
 * Publishes the newest document of every gateway, signed and retained: at start, when it is asked for, and again at each
 * connect. What cannot be signed or published now is tried again.
 */
export async function runConfigurationLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  /** The version each gateway was given since we started, or since it last connected. */
  const given = new Map<GatewayId, number>()
  while (!stop.aborted) {
    for (const gateway of deps.take()) given.delete(gateway)
    const newest = await deps.store.allNewest().catch((err: unknown): ConfigurationRow[] => {
      deps.log.warn({ err }, 'configuration.unreadable')
      return []
    })
    for (const row of newest) {
      if (given.get(row.gatewayId) === row.version || stop.aborted) continue
      if (await delivered(row, deps)) given.set(row.gatewayId, row.version)
    }
    await deps.rest(IDLE, stop)
  }
}

async function delivered(row: ConfigurationRow, { store, sign, publish, log }: Deps): Promise<boolean> {
  const { gatewayId, version } = row
  try {
    const jws = row.jws ?? (await sign(Configuration.parse(row.document)))
    if (row.jws === null) await store.keepSigned(gatewayId, version, jws)
    await publish(downTopic(gatewayId, 'config'), jws, { retain: true })
    log.info({ gatewayId, version }, 'configuration.published')
    return true
  } catch (err) {
    log.warn({ err, gatewayId, version }, 'configuration.not-delivered')
    return false
  }
}
