import type { Frame, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'
import type { GatewayId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Clock } from '#contract/instant.ts'
import type { IdentityConfig } from './identity/app.ts'
import type { Work } from './immobilizer/immobilizer-state.ts'
import type { GatewayView } from './local-page/gateway-view.ts'
import type { LocalPage } from './local-page/page-loop.ts'
import type { Log } from './log.ts'
import type { BatchEncoding } from './outbox/records-message.ts'
import type { UnlockAnswer } from './unlock/unlock-service.ts'

export type GatewayConfig = IdentityConfig & {
  readonly profilesDir: string
  readonly installation: Installation
  /** Instead of the broker named at provisioning. */
  readonly brokerUrl?: string
  readonly brokerVersion?: 4 | 5
  readonly software: string
  /** How records are written on the wire; compact when left out. The cloud reads both. */
  readonly encoding?: BatchEncoding
  /** How long a fresh frame may wait for others to share a message with; 0 (at once) when left out. */
  readonly sendEveryMs?: number
  /** Bound of the frames' outbox; above it the oldest are thinned. */
  readonly framesBytes?: number
  readonly allowRunningCircuitCut?: boolean
  /** Where the status page, the metrics and the form for one-time codes are offered; absent, nowhere. */
  readonly localPage?: LocalPage
  /** Unix socket of the technician's commands; absent, there are none. */
  readonly controlSocket?: string
  /** Reads the technician's file anew; absent, a change of it counts from the next start. */
  readonly readInstallation?: () => Installation
}

/** What only main.ts owns: time, randomness, a place to say what happened, and how good the wall clock is. */
export type GatewayWorld = {
  readonly clock: Clock
  readonly log: Log
  uuid(): string
  randomBytes(length: number): Uint8Array
  /** Absent: nobody vouches for the wall clock, so an order's life is counted from its reception. */
  readonly timeQuality?: () => Exclude<TimeQuality, 'gnss'>
  /** Resident memory of this process. */
  readonly memoryBytes?: () => number
}

export type GatewayStatus = {
  readonly gatewayId?: GatewayId
  readonly uplink: 'connected' | 'away'
  readonly relay: RelayWord
  readonly trust: GnssTrust
  readonly work: Work['work']
  readonly highestOrderSeq: number
  readonly rejectedOrders: number
  readonly odometerKm: number
  /** Where the local page answers now. */
  readonly localPort?: number
  /** Records on disk that no receipt covers yet. */
  readonly kept: { readonly events: number; readonly frames: number }
  readonly lastFrame?: Frame
}

export type Gateway = {
  /** Works until told to stop, then puts everything on disk. Throws when it cannot begin: who, where and why. */
  run(stop: AbortSignal): Promise<void>
  /** What is going on, for tests and for the technician. */
  status(): GatewayStatus
  /** Frees the relay for a person at the vehicle who has proved the right to it. */
  releaseLocally(): void
  /** A one-time code, typed on whatever the car has for it. Undefined before the gateway runs. */
  enterCode(typed: string): UnlockAnswer | undefined
  /** The same and more, as the local page shows it. */
  view(): GatewayView
}

/** Pure. What a gateway says of itself before it runs. */
export const IDLE: GatewayStatus = {
  uplink: 'away',
  relay: 'unknown',
  trust: 'ok',
  work: 'none',
  highestOrderSeq: 0,
  rejectedOrders: 0,
  odometerKm: 0,
  kept: { events: 0, frames: 0 },
}
