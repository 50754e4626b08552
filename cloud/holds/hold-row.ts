import type { EpochMs } from '#contract/instant.ts'
import type { Actor, GraceGiven, HoldPlaced } from '../decisions/decision.ts'
import type { GraceRow, HoldRow } from '../postgres/fleet-tables.ts'
import type { HoldQuery, LastLift, LiftReasonWish } from './hold-wish.ts'

/** Pure. How an author reads in an order's claims. */
export const nameOf = (by: Actor): string => `${by.kind}:${by.kind === 'rule' ? by.id : by.name}`.slice(0, 128)

const HOUSE: Actor = { kind: 'rule', id: 'convergence', name: 'convergence' }

/** Pure. An order asked for again is still the word of whoever placed the newest of these holds. */
export function authorOf(holds: readonly HoldRow[]): Actor {
  const newest = holds.at(-1)
  if (newest === undefined) return HOUSE
  return { kind: newest.placedByKind, id: newest.placedById, name: newest.placedByName }
}

/** Pure. The hold as it is stored when it has just been placed. */
export const holdRow = ({ holdId: id, vehicleId, reason, note, by, at, orderId, ...more }: HoldPlaced): HoldRow => ({
  id,
  vehicleId,
  reason,
  key: more.key ?? '',
  note,
  placedByKind: by.kind,
  placedById: by.id,
  placedByName: by.name,
  placedAt: at,
  orderId,
  ruleVersion: more.ruleVersion ?? null,
  evidence: more.evidence ?? null,
  whenNextParked: more.whenNextParked ?? false,
  liftedAt: null,
  liftedByKind: null,
  liftedById: null,
  liftedByName: null,
  liftNote: null,
})

/** Pure. The hold as it is stored once it has been lifted. */
export const liftedRow = (
  hold: HoldRow,
  lift: { readonly note: string; readonly by: Actor; readonly at: EpochMs },
) => ({
  ...hold,
  liftedAt: lift.at,
  liftedByKind: lift.by.kind,
  liftedById: lift.by.id,
  liftedByName: lift.by.name,
  liftNote: lift.note,
})

/** Pure. Is this hold one of those asked for? */
export const asks = ({ reason, key }: HoldQuery, hold: HoldRow): boolean =>
  hold.reason === reason && (key === undefined || hold.key === key)

/** Pure. A rule takes back what rules placed, never what a person did. */
export const mayLift = (hold: HoldRow, wish: LiftReasonWish): boolean =>
  asks(wish, hold) && (wish.by.kind === 'user' || hold.placedByKind === 'rule')

/** Pure. */
export const lastLiftOf = ({ id: holdId, liftedAt: at, ...row }: HoldRow): LastLift | undefined =>
  at === null || row.liftedByKind === null || row.liftedById === null
    ? undefined
    : { holdId, at, by: { kind: row.liftedByKind, id: row.liftedById, name: row.liftedByName ?? '' } }

/** Pure. Whose word an order is, for the signer: rules have none. */
export const askerOf = ({
  kind,
  id,
  name,
}: Actor): { readonly asker?: { readonly id: string; readonly name: string } } =>
  kind === 'user' ? { asker: { id, name } } : {}

/** Pure. The grace as it is stored when it has just been given. */
export const graceRow = ({ graceId: id, vehicleId, until, note, by, at, toldBy }: GraceGiven): GraceRow => ({
  id,
  vehicleId,
  untilAt: until,
  note,
  givenByKind: by.kind,
  givenById: by.id,
  givenByName: by.name,
  givenAt: at,
  toldBy,
  endedAt: null,
  endedByName: null,
  endNote: null,
})
