import { z } from 'zod'
import type { TimeQuality } from '#contract/frame.ts'
import { type GatewayId, OrderId, type VehicleId } from '#contract/ids.ts'
import { EpochMs, Millis, millis } from '#contract/instant.ts'
import { Order, OrderReport, type WaitReason } from '#contract/order.ts'
import { type Evidence, type EvidenceSources, NO_EVIDENCE } from '../interlock/evidence.ts'
import type { Circuit } from '../interlock/interlock.ts'
import type { InterlockPolicy } from '../interlock/interlock-policy.ts'
import type { RelayDrive } from './relay-output.ts'

const OpenOrder = z.strictObject({
  order: Order,
  received: z.strictObject({ steadyAt: Millis, boot: z.string() }),
  /** `intent` is on disk before the coil is touched: after a crash it tells that the relay may have moved. */
  phase: z.enum(['waiting', 'intent']),
  /** A technician's own block at the vehicle, to earn the seal that it cannot be asked for. */
  test: z.literal('relay').exactOptional(),
})
export type OpenOrder = z.infer<typeof OpenOrder>

/** What survives a power cut. Written whole, in one transaction, before anything that relies on it. */
export const ImmobilizerMemory = z.strictObject({
  highestSeq: z.int().min(0),
  timeFloor: EpochMs,
  /** Newest last; enough of them to know a redelivered order from a replayed one. */
  knownOrders: z.array(OrderId),
  reported: z.enum(['free', 'blocked', 'unknown']),
  /** The seal under which the relay failed: a new commissioning sheet is what clears it. */
  faultUnder: z.string().exactOptional(),
  open: OpenOrder.exactOptional(),
  /** Final reports that the outbox may not have on its disk, oldest first; one alone is how they were kept once. */
  due: z.union([z.array(OrderReport), OrderReport.transform((one) => [one])]).exactOptional(),
})
export type ImmobilizerMemory = z.infer<typeof ImmobilizerMemory>

export const KNOWN_ORDERS = 64
/** Last words kept beside the outbox while its disk refuses; the oldest goes where there are more. */
export const REPORTS_DUE = 16

export const FIRST_MEMORY: ImmobilizerMemory = {
  highestSeq: 0,
  timeFloor: 0 as EpochMs,
  knownOrders: [],
  reported: 'unknown',
}

/** Why the relay is being moved without an order: only ever to free. */
export type ReleaseCause = 'drift' | 'moving' | 'unlock-code' | 'relay-test'

/** Where the work on the relay stands. `writes` counts coil writes of this task, `reads` the read-backs of one write. */
export type Work =
  | { readonly work: 'none' }
  /** After a start: nothing is touched before the relay has been read. */
  | { readonly work: 'booting' }
  /** The order is being stored; its life begins when it is. */
  | { readonly work: 'accepting' }
  | { readonly work: 'waiting'; readonly told?: { readonly reason: WaitReason; readonly at: Millis } }
  | { readonly work: 'storing' }
  | { readonly work: 'writing'; readonly target: RelayDrive; readonly writes: number }
  | { readonly work: 'reading'; readonly target: RelayDrive; readonly writes: number; readonly reads: number }
  | Pausing
  | { readonly work: 'sensing'; readonly writes: number; readonly until: Millis; readonly since: Millis }

export type Pausing = {
  readonly work: 'pausing'
  readonly before: 'read' | 'write'
  readonly target: RelayDrive
  readonly writes: number
  readonly reads: number
  readonly until: Millis
}

export type ImmobilizerState = {
  readonly memory: ImmobilizerMemory
  readonly evidence: Evidence
  readonly work: Work
  /** Set while the relay is freed without an order. */
  readonly release?: ReleaseCause
  readonly toggles: readonly Millis[]
  /** After a block was written: speed until then releases at once. */
  readonly watch?: { readonly since: Millis; readonly until: Millis }
  /** Good drive readings in a row that contradict `reported`. */
  readonly contradicted: number
  /** Readings from before this moment say nothing about the relay after our last write. */
  readonly settledAt: Millis
  /** Rises with every effect that answers; an answer to an older one is ignored. */
  readonly ticket: number
}

export const startState = (memory: ImmobilizerMemory, now: Millis): ImmobilizerState => ({
  memory,
  evidence: NO_EVIDENCE,
  work: { work: 'booting' },
  // The last toggle before a reboot is not known on this clock: the relay rests from the start.
  toggles: memory.reported === 'unknown' ? [] : [now],
  contradicted: 0,
  settledAt: millis(now),
  ticket: 0,
})

/** What does not change between two events of one run. */
export type Installed = {
  readonly gatewayId: GatewayId
  readonly vehicleId: VehicleId
  readonly sources: EvidenceSources
  readonly policy: InterlockPolicy
  readonly circuit?: Circuit
  /** The commissioning sheet's moment; absent, nothing here may block. */
  readonly sealedAt?: string
  readonly software: string
  /** Names this run of the process: monotonic times of another boot mean nothing. */
  readonly boot: string
}

export type Moment = { readonly steady: Millis; readonly wall: EpochMs; readonly quality: TimeQuality }
