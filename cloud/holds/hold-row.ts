import type { Actor, GraceGiven, HoldPlaced } from '../decisions/decision.ts'
import type { GraceRow, HoldRow } from '../postgres/fleet-tables.ts'

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
