import { z } from 'zod'
import { GatewayId, HoldId, OrderId, VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import { HoldReason, OrderAction } from '#contract/order.ts'
import { GraceId } from '../holds/grace.ts'
import { ParkId } from '../parks/park.ts'

/** Who decided: a person, or a rule of the house. */
export const Actor = z.strictObject({ kind: z.enum(['user', 'rule']), id: z.string().min(1), name: z.string() })
export type Actor = z.infer<typeof Actor>

/** Tells holds of one reason apart, such as those of two drivers of one vehicle; empty where there is nothing to tell apart. */
export const HoldKey = z.string().max(64)

export const HoldPlaced = z.strictObject({
  kind: z.literal('hold-placed'),
  holdId: HoldId,
  vehicleId: VehicleId,
  reason: HoldReason,
  /** Absent in decisions from before there were keys: reads as empty. */
  key: HoldKey.exactOptional(),
  note: z.string(),
  by: Actor,
  at: EpochMs,
  orderId: OrderId.nullable(),
  /** Of the rule that placed it, and what it saw. */
  ruleVersion: z.string().max(64).exactOptional(),
  evidence: z.record(z.string().max(64), z.json()).exactOptional(),
  /** Its block may wait a day for the vehicle to be parked, not just the usual quarter of an hour. */
  whenNextParked: z.boolean().exactOptional(),
})
export type HoldPlaced = z.infer<typeof HoldPlaced>

export const HoldLifted = z.strictObject({
  kind: z.literal('hold-lifted'),
  holdId: HoldId,
  note: z.string(),
  by: Actor,
  at: EpochMs,
})
export type HoldLifted = z.infer<typeof HoldLifted>

export const OrderRequested = z.strictObject({
  kind: z.literal('order-requested'),
  orderId: OrderId,
  vehicleId: VehicleId,
  gatewayId: GatewayId,
  action: OrderAction,
  reasons: z.array(HoldReason).readonly(),
  by: z.string(),
  at: EpochMs,
  notAfter: EpochMs.nullable(),
  /** The person on whose word it is asked for; absent for a rule. */
  asker: z.strictObject({ id: z.string().min(1), name: z.string() }).exactOptional(),
})
export type OrderRequested = z.infer<typeof OrderRequested>

/** Another person stands by a block that one alone may not order. */
export const OrderApproved = z.strictObject({
  kind: z.literal('order-approved'),
  orderId: OrderId,
  by: Actor,
  /** How the signer was shown that it is that person; absent in decisions from before passkeys, which were codes. */
  way: z.enum(['code', 'passkey']).exactOptional(),
  at: EpochMs,
})
export type OrderApproved = z.infer<typeof OrderApproved>

/** Starts are permitted until then although holds stand. */
export const GraceGiven = z.strictObject({
  kind: z.literal('grace-given'),
  graceId: GraceId,
  vehicleId: VehicleId,
  until: EpochMs,
  note: z.string(),
  by: Actor,
  at: EpochMs,
  /** The gateway's record that told of a used code. */
  toldBy: z.string().nullable(),
})
export type GraceGiven = z.infer<typeof GraceGiven>

export const GraceEnded = z.strictObject({
  kind: z.literal('grace-ended'),
  vehicleId: VehicleId,
  note: z.string(),
  by: Actor,
  at: EpochMs,
})
export type GraceEnded = z.infer<typeof GraceEnded>

/** A one-time code was given out: its counter is spent before anybody sees the code. */
export const UnlockCodeGiven = z.strictObject({
  kind: z.literal('unlock-code-given'),
  codeId: z.uuid(),
  vehicleId: VehicleId,
  gatewayId: GatewayId,
  counter: z.int().min(0),
  note: z.string(),
  by: Actor,
  at: EpochMs,
})
export type UnlockCodeGiven = z.infer<typeof UnlockCodeGiven>

export const VehicleAdded = z.strictObject({
  kind: z.literal('vehicle-added'),
  vehicleId: VehicleId,
  plate: z.string(),
  model: z.string(),
  at: EpochMs,
  /** Absent in decisions from before there were parks, and for the main one. */
  parkId: ParkId.exactOptional(),
  vin: z.string().max(17).exactOptional(),
})
export type VehicleAdded = z.infer<typeof VehicleAdded>

/** From now on it stands in another park, and other people see it. */
export const VehicleMoved = z.strictObject({
  kind: z.literal('vehicle-moved'),
  vehicleId: VehicleId,
  parkId: ParkId,
  by: Actor,
  at: EpochMs,
})
export type VehicleMoved = z.infer<typeof VehicleMoved>

/** A park was opened, or has a new name. */
export const ParkNamed = z.strictObject({
  kind: z.literal('park-named'),
  parkId: ParkId,
  name: z.string(),
  by: Actor,
  at: EpochMs,
})
export type ParkNamed = z.infer<typeof ParkNamed>

export const GatewayAdded = z.strictObject({
  kind: z.literal('gateway-added'),
  gatewayId: GatewayId,
  vehicleId: VehicleId,
  by: z.string(),
  at: EpochMs,
})
export type GatewayAdded = z.infer<typeof GatewayAdded>

export const GatewayClaimed = z.strictObject({
  kind: z.literal('gateway-claimed'),
  gatewayId: GatewayId,
  vehicleId: VehicleId,
  at: EpochMs,
  passwordHash: z.string().nullable(),
  certificateSerial: z.string().nullable(),
  certificateExpiresAt: EpochMs.nullable(),
  /** Sealed with the installation's unlock key; absent in claims from before there were one-time codes. */
  unlockSecret: z.string().exactOptional(),
})
export type GatewayClaimed = z.infer<typeof GatewayClaimed>

/** A next certificate for a next key, on the word of the one before, which goes on for what is left of it. */
export const GatewayRenewed = z.strictObject({
  kind: z.literal('gateway-renewed'),
  gatewayId: GatewayId,
  at: EpochMs,
  certificateSerial: z.string(),
  certificateExpiresAt: EpochMs,
  /** Serial of the certificate that asked. */
  askedBy: z.string(),
})
export type GatewayRenewed = z.infer<typeof GatewayRenewed>

export const GatewaySealed = z.strictObject({
  kind: z.literal('gateway-sealed'),
  gatewayId: GatewayId,
  by: z.string(),
  note: z.string(),
  at: EpochMs,
})
export type GatewaySealed = z.infer<typeof GatewaySealed>

export const GatewayRevoked = z.strictObject({
  kind: z.literal('gateway-revoked'),
  gatewayId: GatewayId,
  by: z.string(),
  at: EpochMs,
})
export type GatewayRevoked = z.infer<typeof GatewayRevoked>

/**
 * Whatever is acknowledged to a person and must survive the loss of the SQL database's last commits. Applying one a
 * second time, or after what it decided has been overtaken, changes nothing.
 */
export const Decision = z.discriminatedUnion('kind', [
  HoldPlaced,
  HoldLifted,
  OrderRequested,
  OrderApproved,
  GraceGiven,
  GraceEnded,
  UnlockCodeGiven,
  VehicleAdded,
  VehicleMoved,
  ParkNamed,
  GatewayAdded,
  GatewayClaimed,
  GatewayRenewed,
  GatewaySealed,
  GatewayRevoked,
])
export type Decision = z.infer<typeof Decision>

/** Decisions taken together stand or fall together. */
export const DecisionEntry = z.strictObject({
  position: z.int().min(1),
  decisions: z.array(Decision).min(1).readonly(),
})
export type DecisionEntry = z.infer<typeof DecisionEntry>
