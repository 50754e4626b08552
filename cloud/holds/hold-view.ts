import { z } from 'zod'
import { HoldId, OrderId, VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { Actor } from '../decisions/decision.ts'
import type { GraceRow, HoldRow } from '../postgres/fleet-tables.ts'

/** A hold as REST shows it. */
export const HoldView = z
  .strictObject({
    id: HoldId,
    vehicleId: VehicleId,
    reason: HoldReason,
    /** Tells holds of one reason apart; a reason stands once for each key. */
    key: z.string(),
    note: z.string(),
    placedBy: Actor,
    placedAt: Instant,
    liftedAt: Instant.nullable(),
    liftedBy: Actor.nullable(),
    liftNote: z.string().nullable(),
    orderId: OrderId.nullable(),
    /** Of the rule that placed it; null for a person. */
    ruleVersion: z.string().nullable(),
    /** What the rule saw. */
    evidence: z.record(z.string(), z.json()).nullable(),
    whenNextParked: z.boolean(),
  })
  .meta({ id: 'Hold' })
export type HoldView = z.infer<typeof HoldView>

/** Pure. */
export const holdView = (row: HoldRow): HoldView => ({
  id: row.id,
  vehicleId: row.vehicleId,
  reason: row.reason,
  key: row.key,
  note: row.note,
  placedBy: { kind: row.placedByKind, id: row.placedById, name: row.placedByName },
  placedAt: row.placedAt,
  liftedAt: row.liftedAt,
  liftedBy:
    row.liftedByKind === null || row.liftedById === null
      ? null
      : { kind: row.liftedByKind, id: row.liftedById, name: row.liftedByName ?? '' },
  liftNote: row.liftNote,
  orderId: row.orderId,
  ruleVersion: row.ruleVersion,
  evidence: row.evidence,
  whenNextParked: row.whenNextParked,
})

/** A grace as REST shows it: a person gave it, or a one-time code was used at the vehicle. */
export const GraceView = z
  .strictObject({ until: Instant, note: z.string(), givenBy: Actor, givenAt: Instant })
  .meta({ id: 'Grace' })
export type GraceView = z.infer<typeof GraceView>

/** Pure. */
export const graceView = (row: GraceRow): GraceView => ({
  until: row.untilAt,
  note: row.note,
  givenBy: { kind: row.givenByKind, id: row.givenById, name: row.givenByName },
  givenAt: row.givenAt,
})
