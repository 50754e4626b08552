import type { HoldId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { Actor } from '../decisions/decision.ts'
import type { GraceRow, HoldEvidence, HoldRow } from '../postgres/fleet-tables.ts'
import type { Hindrance, WhyNot } from './can-block.ts'

export type PlaceWish = {
  readonly vehicleId: VehicleId
  readonly reason: HoldReason
  /** Tells holds of one reason apart; empty when left out. At most 64 characters. */
  readonly key?: string
  readonly note: string
  readonly by: Actor
  readonly ruleVersion?: string
  readonly evidence?: HoldEvidence
  readonly whenNextParked?: boolean
}
export type LiftWish = {
  readonly vehicleId: VehicleId
  readonly holdId: HoldId
  readonly note: string
  readonly by: Actor
}

/** One reason of a vehicle: with `key` that one hold of it, without it the reason whole. */
export type HoldQuery = { readonly vehicleId: VehicleId; readonly reason: HoldReason; readonly key?: string }
export type LiftReasonWish = HoldQuery & { readonly note: string; readonly by: Actor }

/** Who lifted a hold of this reason and key last, and when. */
export type LastLift = { readonly holdId: HoldId; readonly by: Actor; readonly at: EpochMs }

export type Placed =
  /** `order`: the one that serves this hold; null when none can be given now, `whyNot` then says why, if it is known. */
  | {
      readonly outcome: 'stands'
      readonly hold: HoldRow
      readonly orderId: string | null
      readonly whyNot: WhyNot | Hindrance | null
    }
  /** A rule may not hold a vehicle that cannot be blocked. */
  | { readonly outcome: 'refused'; readonly whyNot: WhyNot }

export type Lifted = {
  readonly hold: HoldRow
  readonly orderId: string | null
  /** The holds that still stand and keep the vehicle blocked. */
  readonly remaining: readonly HoldRow[]
}

/** What of a reason was lifted; at least one. */
export type ReasonLifted = Omit<Lifted, 'hold'> & { readonly holds: readonly HoldRow[] }

export type GraceWish = {
  readonly vehicleId: VehicleId
  readonly until: EpochMs
  readonly note: string
  readonly by: Actor
}

/** A grace, and the order that goes out because of it. */
export type Graced = {
  readonly grace: GraceRow | undefined
  readonly orderId: string | null
  /** The holds that stand all the same. */
  readonly holds: readonly HoldRow[]
}

export type CodeUsed = {
  readonly vehicleId: VehicleId
  readonly at: EpochMs
  readonly heardAt: EpochMs
  /** Names the record that told it: told again it is the same grace. */
  readonly toldBy: string
}
