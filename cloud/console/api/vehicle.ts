import type { Fix, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'
import type { HoldReason, MotionSample, OrderAction, ReportedState } from '#contract/order.ts'
import type { Lease } from './leasing.ts'
import type { PaperStanding, VehicleInspection } from './upkeep.ts'

/** RFC 3339, UTC. */
export type InstantText = string

export type ImmobilizerState = 'permitted' | 'blockWaiting' | 'blocked' | 'unblockWaiting' | 'unknown'

export type Actor = { readonly kind: string; readonly id: string; readonly name: string }

export type Hold = {
  readonly id: string
  readonly vehicleId: string
  readonly reason: HoldReason
  /** Tells holds of one reason apart. */
  readonly key?: string
  readonly note: string | null
  readonly placedBy: Actor
  readonly placedAt: InstantText
  readonly liftedAt: InstantText | null
  readonly liftedBy: Actor | null
  readonly liftNote: string | null
  readonly orderId: string | null
  readonly ruleVersion?: string | null
}

export type OrderState = 'created' | 'sent' | ReportedState

export type OrderStep = {
  readonly state: OrderState
  readonly at: InstantText
  readonly reason: string | null
  readonly relay: RelayWord | null
  readonly evidence: Readonly<Record<string, unknown>> | null
  /** Motion in the minute before; null for a step that ends nothing, absent in the live feed. */
  readonly lastMinute?: readonly MotionSample[] | null
  /** What checking the gateway's signature gave. */
  readonly proof?: { readonly word: ProofWord; readonly jws: string | null } | null
}

export type ProofWord = 'verified' | 'unsigned' | 'foreign' | 'false'

export type Order = {
  readonly id: string
  readonly vehicleId: string
  readonly gatewayId: string
  readonly seq: number
  readonly action: OrderAction
  readonly reasons: readonly HoldReason[]
  readonly state: OrderState
  readonly reason: string | null
  readonly issuedAt: InstantText
  readonly notAfter: InstantText | null
  readonly by: string
  /** Who besides the asker stands by it, and how he proved himself to the signer. */
  readonly approvals?: readonly { readonly name: string; readonly at: InstantText; readonly way: 'code' | 'passkey' }[]
  /** Absent in lists and in the live feed. */
  readonly steps?: readonly OrderStep[]
}

export type LastKnown = {
  readonly position: { readonly lat: number; readonly lon: number; readonly accuracyM: number | null } | null
  readonly speedKmh: number | null
  readonly headingDeg: number | null
  readonly ignition: boolean | null
  readonly odometerKm: number | null
  readonly readAt: InstantText
  readonly ageS: number
  readonly trust: GnssTrust
  readonly fix: Fix
  readonly timeQuality: TimeQuality
}

export type Immobilizer = {
  readonly state: ImmobilizerState
  readonly relay: RelayWord
  readonly relayAt: InstantText | null
  readonly waitReason: string | null
  readonly holds: readonly Hold[]
  readonly order: Order | null
  readonly canBlock: boolean
  readonly whyNot: string | null
  /** While it runs the car may start although holds stand. */
  readonly grace?: Grace | null
}

export type Grace = {
  readonly until: InstantText
  readonly note: string
  readonly givenBy: Actor
  readonly givenAt: InstantText
}

export type VehicleGateway = {
  readonly id: string
  readonly online: boolean | null
  readonly statusAt: InstantText | null
  readonly software: string | null
}

export type VehicleZone = {
  readonly name: string | null
  readonly inside: boolean | null
  readonly since: InstantText | null
}

export type Vehicle = {
  readonly id: string
  readonly plate: string
  readonly model: string
  readonly lastKnown: LastKnown | null
  readonly gateway: VehicleGateway | null
  readonly immobilizer: Immobilizer
  readonly zone: VehicleZone | null
  readonly lease?: VehicleLease | null
  /** Who answers for the car now. */
  readonly driver?: {
    readonly id: string
    readonly name: string
    readonly phone: string | null
    readonly since: InstantText
  } | null
  readonly balance?: { readonly kopecks: number; readonly asOf: InstantText } | null
  readonly inspection?: VehicleInspection | null
  readonly papers?: readonly PaperStanding[]
  readonly idleReason?: string | null
  /** Name of the parking it stands on. */
  readonly parkedAt?: string | null
  /** Since when the cars of its district are silent together. */
  readonly areaOutageSince?: InstantText | null
  readonly signalSuspect?: {
    readonly cause: 'own' | 'leap' | 'odometer' | 'fleet'
    readonly since: InstantText
  } | null
}

export type VehicleLease = Pick<Lease, 'id' | 'number' | 'plan' | 'state' | 'endsOn'> & { readonly since: InstantText }

/** What placing or lifting a hold answers: accepted, and which order it led to, if any. */
export type HoldAnswer = {
  readonly hold: Hold
  readonly order: { readonly id: string; readonly href: string } | null
  /** Why no order can be given now; the hold stands all the same. */
  readonly whyNot?: string | null
  readonly remaining?: readonly Hold[]
}
