import type { ColumnType } from 'kysely'
import type { RelayWord } from '#contract/frame.ts'
import type { GatewayId, HoldId, OrderId, OrderSeq, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason, OrderAction, ReportedState } from '#contract/order.ts'
import type { HoldPlaced } from '../decisions/decision.ts'
import type { GraceId } from '../holds/grace.ts'
import type { UnsignedBecause } from '../orders/unsigned.ts'
import type { ParkId } from '../parks/park.ts'
import type { ProofWord } from '../pki/report-proof.ts'
import type { Approval } from '../signer/signer-message.ts'
import type { Generated, Json } from './column.ts'

export type VehicleRow = {
  readonly id: VehicleId
  readonly plate: string
  readonly model: string
  readonly createdAt: EpochMs
  readonly parkId: ParkId
  /** Since when, by the newest word; 0 for a vehicle that was never moved. */
  readonly parkSince: EpochMs
}

export type GatewayRow = {
  readonly id: GatewayId
  readonly vehicleId: VehicleId
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly claimedAt: EpochMs | null
  readonly revokedAt: EpochMs | null
  readonly revokedBy: string | null
  /** SHA-256 of 256 random bits, hex. */
  readonly passwordHash: string | null
  readonly certificateSerial: string | null
  readonly certificateExpiresAt: EpochMs | null
  readonly sealChangedAt: EpochMs | null
  readonly sealedBy: string | null
  readonly sealNote: string | null
  readonly online: boolean | null
  readonly statusAt: EpochMs | null
  readonly software: string | null
}

export type GatewayAssignmentRow = {
  readonly gatewayId: GatewayId
  readonly vehicleId: VehicleId
  readonly fromAt: EpochMs
  readonly untilAt: EpochMs | null
}

/** One certificate of a gateway, whether it still counts or not. */
export type GatewayCertificateRow = {
  /** Hex, small letters. */
  readonly serial: string
  readonly gatewayId: GatewayId
  readonly issuedAt: EpochMs
  readonly expiresAt: EpochMs
  readonly retiredAt: EpochMs | null
}

export type GoldenSetupRow = {
  readonly parkId: ParkId
  readonly version: number
  readonly document: Json<Readonly<Record<string, unknown>>>
  readonly note: string
  readonly byName: string
  readonly createdAt: EpochMs
}

export type GatewayDriftRow = {
  readonly gatewayId: GatewayId
  readonly differences: Json<readonly unknown[]>
  readonly sinceAt: EpochMs
}

export type ClaimCodeRow = {
  readonly codeHash: string
  readonly gatewayId: GatewayId
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly expiresAt: EpochMs
  readonly usedAt: EpochMs | null
  readonly usedByKey: string | null
}

export type GatewayStatusRow = {
  readonly gatewayId: GatewayId
  readonly at: EpochMs
  readonly online: boolean
  readonly software: string
  readonly vehicleId: VehicleId | null
}

type ActorKind = 'user' | 'rule'
export type HoldEvidence = Exclude<HoldPlaced['evidence'], undefined>

export type HoldRow = {
  readonly id: HoldId
  readonly vehicleId: VehicleId
  readonly reason: HoldReason
  readonly key: string
  readonly note: string
  readonly placedByKind: ActorKind
  readonly placedById: string
  readonly placedByName: string
  readonly placedAt: EpochMs
  readonly orderId: OrderId | null
  readonly ruleVersion: string | null
  readonly evidence: HoldEvidence | null
  readonly whenNextParked: boolean
  readonly liftedAt: EpochMs | null
  readonly liftedByKind: ActorKind | null
  readonly liftedById: string | null
  readonly liftedByName: string | null
  readonly liftNote: string | null
}

export type OrderRow = {
  readonly id: OrderId
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly number: Generated<number>
  readonly seq: OrderSeq | null
  readonly jws: string | null
  readonly action: OrderAction
  readonly reasons: Json<readonly HoldReason[]>
  readonly requestedBy: string
  readonly issuedAt: EpochMs
  readonly notAfter: EpochMs | null
  readonly state: 'created' | 'sent' | ReportedState
  readonly stateAt: EpochMs
  readonly stateBy: 'cloud' | 'gateway'
  readonly stateReason: string | null
  readonly relay: RelayWord | null
  readonly heard: boolean
  readonly publishedAt: EpochMs | null
  readonly closedAt: EpochMs | null
  readonly askerId: string | null
  readonly askerName: string | null
  readonly approvals: Json<readonly Approval[]>
  readonly unsignedBecause: UnsignedBecause | null
}

export type OrderStepRow = {
  readonly orderId: OrderId
  readonly state: OrderRow['state']
  readonly at: EpochMs
  /** Empty when the state has none: part of the key. */
  readonly reason: string
  readonly saidBy: 'cloud' | 'gateway'
  readonly vehicleId: VehicleId
  readonly relay: RelayWord | null
  readonly evidence: Json<Readonly<Record<string, unknown>>> | null
  readonly lastMinute: Json<readonly unknown[]> | null
  /** The signature as it came, and what checking it gave; null for a step that carries none. */
  readonly proof: string | null
  readonly proofWord: ProofWord | null
}

export type RelayStateRow = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly relay: RelayWord
  readonly relayAt: EpochMs
  readonly source: 'report' | 'frame'
}

export type EventRow = {
  readonly gatewayId: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  readonly vehicleId: VehicleId | null
  readonly name: string
  readonly at: EpochMs
  readonly receivedAt: EpochMs
  readonly data: Json<Readonly<Record<string, unknown>>>
}

export type GraceRow = {
  readonly id: GraceId
  readonly vehicleId: VehicleId
  readonly untilAt: EpochMs
  readonly note: string
  readonly givenByKind: ActorKind
  readonly givenById: string
  readonly givenByName: string
  readonly givenAt: EpochMs
  readonly toldBy: string | null
  readonly endedAt: EpochMs | null
  readonly endedByName: string | null
  readonly endNote: string | null
}

export type UnlockSecretRow = {
  readonly gatewayId: GatewayId
  readonly sealed: string
  readonly claimedAt: EpochMs
  readonly nextCounter: number
  readonly usedThrough: number
}

export type UnlockCodeRow = {
  readonly id: string
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly counter: number
  readonly note: string
  readonly givenByName: string
  readonly givenAt: EpochMs
}

export type FleetTables = {
  vehicles: Omit<VehicleRow, 'parkId' | 'parkSince'> & {
    readonly parkId: ColumnType<ParkId, ParkId | undefined, ParkId>
    readonly parkSince: ColumnType<EpochMs, EpochMs | undefined, EpochMs>
  }
  gateways: GatewayRow
  gatewayAssignments: GatewayAssignmentRow
  claimCodes: ClaimCodeRow
  gatewayCertificates: GatewayCertificateRow
  goldenSetups: GoldenSetupRow
  gatewayDrifts: GatewayDriftRow
  gatewayStatuses: GatewayStatusRow
  holds: Omit<HoldRow, 'evidence'> & { readonly evidence: Json<HoldEvidence> | null }
  orders: OrderRow
  orderSteps: OrderStepRow
  relayStates: RelayStateRow
  events: EventRow
  graces: GraceRow
  unlockSecrets: UnlockSecretRow
  unlockCodes: UnlockCodeRow
}
