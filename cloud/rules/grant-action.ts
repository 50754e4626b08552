import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { ActionEnd, ActionHandler, ActionWish } from './ports.ts'

/** A permit as a rule gives it. The same wish again has the same key. */
export type GrantWish = Pick<ActionWish, 'key' | 'rule' | 'decidedAt'> &
  Pick<ActionWish['subject'], 'vehicleId' | 'driverId'> & { readonly until: EpochMs }
/** Gives one kind of permit; the slice that keeps such permits does it. */
export type Grant = (wish: GrantWish) => Promise<ActionEnd>

/** The action `grant`: each permit is given by the slice whose word on it counts, so that there is one truth about it. */
export function grantAction(grants: ReadonlyMap<string, Grant>): ActionHandler {
  return async ({ action, values, subject, key, rule, decidedAt }) => {
    if (action.kind !== 'grant') return { state: 'dropped', note: '' }
    const grant = grants.get(action.permit.name)
    if (grant === undefined) return { state: 'dropped', note: `разрешение «${action.permit.name}» никто не выдаёт` }
    const until = values[action.until.cel]
    if (typeof until !== 'number') return { state: 'refused', note: 'неизвестно, до какого времени' }
    const { vehicleId, driverId } = subject
    return grant({ key, rule, decidedAt, vehicleId, driverId, until: epochMs(until) })
  }
}
