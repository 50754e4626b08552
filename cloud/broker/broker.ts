import type { GatewayId } from '#contract/ids.ts'
import type { GatewayStatus } from '#contract/receipt.ts'
import type { SessionEnd } from './departures.ts'

/** What the cloud needs of a broker, embedded or outside: to speak to gateways, and to know when one can hear. */
export type Broker = {
  /** Opens listeners or connections; rejects when that is impossible. */
  start(): Promise<void>
  /** Resolves when the broker has the message (QoS 1); a retained one stays for gateways that come later. */
  publish(topic: string, payload: string | Uint8Array, options: { readonly retain: boolean }): Promise<void>
  /** Called each time a gateway has come (back) and listens. A listener that throws is logged and stops nobody. */
  onGatewayConnected(listener: (gateway: GatewayId) => void): void
  /** Drops the gateway's session, as after a revocation. */
  disconnect(gateway: GatewayId): void
  close(): Promise<void>
}

/** Resolves once the batch is durable, and only then; a rejection means: not acknowledged, send it again. */
export type AcceptsRecords = {
  accept(gateway: GatewayId, payload: Uint8Array): Promise<void>
  /** The same, told by a call: an ability that spares the embedded broker a promise for every message. */
  take?(gateway: GatewayId, payload: Uint8Array, done: (error?: Error) => void): void
  /** For messages that came together: tells once for all of them. */
  takeAll?(gateway: GatewayId, payloads: readonly Uint8Array[], done: (error?: Error) => void): void
}

export type Credentials = {
  checkPassword(gateway: GatewayId, password: string): Promise<boolean>
  /** Also true for a gateway this installation does not know. */
  isRevoked(gateway: GatewayId): boolean
  /** The same, after another look where it is unknown here: another instance may have let it in a moment ago. Never rejects. */
  isRevokedByNow(gateway: GatewayId): Promise<boolean>
  /** Whether this very certificate counts: not when it was replaced by another claim. `serial`: hex, small letters. */
  certificateCounts(gateway: GatewayId, serial: string): boolean
}

/** Phones that speak OwnTracks. Without this ability no phone may connect. */
export type Phones = {
  checkPassword(user: string, password: string): Promise<boolean>
  accept(user: string, device: string, payload: Uint8Array): Promise<void>
}

export type BrokerCount =
  | 'connection-refused'
  | 'topic-refused'
  | 'status-refused'
  | 'records-qos0'
  | 'records-late'
  | 'over-limit'

/** What both brokers hand on to, besides time and log. */
export type BrokerEars = {
  readonly ingest: AcceptsRecords
  readonly credentials: Credentials
  readonly phones?: Phones
  onStatus(gateway: GatewayId, status: GatewayStatus): void
  /** Told by the embedded broker alone, who sees the connections; until it resolves it is told again. */
  onEnded?(ends: readonly SessionEnd[]): Promise<void>
  count(what: BrokerCount, by: number): void
}
