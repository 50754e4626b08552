import type { RequestListener } from 'node:http'
import type { GatewayEvent } from '#contract/event.ts'
import type { BlockOrder, OrderReport } from '#contract/order.ts'
import type { Gateway, GatewayConfig } from '../gateway.ts'
import type { Identity } from '../identity/identity.ts'
import type { VerifyJws } from '../orders/order-signature.ts'
import type { Reading } from '../profile/reading.ts'

/** The gateway from one start to the next change of its configuration. */
export type GatewayRun = Omit<Gateway, 'view'> & {
  /** The newest reading of every device, as it counts now. */
  readings(): readonly Reading[]
  /** A technician's block at the vehicle, judged like any other but for the seal that it is to earn. */
  testRelay(order: BlockOrder, told: (report: OrderReport) => void): 'started' | 'busy'
  /** Frees the relay after a test. */
  endRelayTest(): void
  /** The form for one-time codes, while the run has one. */
  unlockForm(): RequestListener | undefined
}

export type RunBegun = {
  readonly identity: Identity
  readonly keepEvent: (event: GatewayEvent) => 'stored' | 'waiting'
  readonly verifyConfiguration: VerifyJws
}

/** What a run tells its owner. */
export type RunEars = {
  /** The outbox is open and the identity known. */
  readonly begun: (run: RunBegun) => void
  readonly onConfiguration: (payload: Uint8Array) => void
}

/** Builds a run for one installation; throws naming what does not fit. */
export type CreateRun = (config: GatewayConfig, ears: RunEars) => GatewayRun
