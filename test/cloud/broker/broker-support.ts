import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { GatewayId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import type { GatewayStatus } from '#contract/receipt.ts'
import { createEmbeddedBroker } from '../../../cloud/broker/app.ts'
import type { AcceptsRecords, BrokerEars } from '../../../cloud/broker/broker.ts'
import type { SessionEnd } from '../../../cloud/broker/departures.ts'
import { listeningLog, realClock } from '../ingest/journal-support.ts'

export const GATEWAY = GatewayId.parse('gw-brokertest')
export const NEIGHBOUR = GatewayId.parse('gw-brokertest1')
const PASSWORDS: ReadonlyMap<string, string> = new Map([
  [GATEWAY, 'right'],
  [NEIGHBOUR, 'right'],
])

/** Everything a broker tells its house, remembered; records are accepted at once unless the test says otherwise. */
export function ears(more: Partial<BrokerEars> = {}) {
  const accepted: { gateway: string; text: string }[] = []
  const statuses: { gateway: string; status: GatewayStatus }[] = []
  const ends: SessionEnd[] = []
  const counts: Record<string, number> = {}
  const revoked = new Set<string>()
  const ingest: AcceptsRecords = {
    accept: async (gateway, payload) => void accepted.push({ gateway, text: Buffer.from(payload).toString() }),
  }
  const heard: BrokerEars = {
    ingest,
    credentials: {
      checkPassword: async (gateway, password) => PASSWORDS.get(gateway) === password,
      isRevoked: (gateway) => revoked.has(gateway),
      isRevokedByNow: async (gateway) => revoked.has(gateway),
      certificateCounts: () => true,
    },
    onStatus: (gateway, status) => void statuses.push({ gateway, status }),
    onEnded: async (told) => void ends.push(...told),
    count: (what, by) => {
      counts[what] = (counts[what] ?? 0) + by
    },
    ...more,
  }
  return { accepted, statuses, ends, counts, revoked, heard, log: listeningLog() }
}

/** An embedded broker on a free loopback port. */
export async function startEmbedded(
  more: Partial<BrokerEars> = {},
  tls?: { key: string; cert: string; ca: string },
  clock: Clock = realClock,
) {
  const told = ears(more)
  const host = '127.0.0.1'
  const broker = createEmbeddedBroker({
    ...told.heard,
    log: told.log,
    clock,
    listeners: { plain: { host, port: 0 }, ...(tls === undefined ? {} : { tls: { host, port: 0, ...tls } }) },
  })
  await broker.start()
  return { ...told, broker, url: `mqtt://127.0.0.1:${broker.ports().plain}` }
}

const clients = new Set<MqttClient>()

/** A gateway on the password listener; rejects when the broker refuses it. */
export function dial(url: string, name: string, more: IClientOptions = {}): Promise<MqttClient> {
  const client = connect(url, { clientId: name, username: name, password: 'right', reconnectPeriod: 0, ...more })
  clients.add(client)
  return new Promise((done, fail) => {
    client.once('connect', () => done(client))
    client.once('error', fail)
    client.once('close', () => fail(new Error('closed')))
    client.on('error', () => {})
  })
}

export async function hangUp(): Promise<void> {
  await Promise.all([...clients].map((client) => client.endAsync(true)))
  clients.clear()
}

export const closed = (client: MqttClient): Promise<void> =>
  new Promise((done) => (client.connected ? client.once('close', () => done()) : done()))
