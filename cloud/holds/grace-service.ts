import type { VehicleId } from '#contract/ids.ts'
import type { Actor, Decision, GraceGiven, OrderRequested } from '../decisions/decision.ts'
import type { DecisionService } from '../decisions/decision-service.ts'
import { Fault } from '../http/fault.ts'
import type { GraceRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { GraceId, type GracePolicy, graceAfterCode, judgeGrace } from './grace.ts'
import type { GraceStore } from './grace-store.ts'
import { graceRow, nameOf } from './hold-row.ts'
import type { CodeUsed, Graced, GraceWish } from './hold-wish.ts'
import type { VehicleSituation } from './situation.ts'
import type { SituationService } from './situation-service.ts'

/** Starts that are permitted for a time although holds stand. */
export type GraceService = {
  /** Permits starts until then although holds stand. Faults: vehicle/unknown, grace/past, grace/too-long. */
  giveGrace(wish: GraceWish): Promise<Graced>
  /** Faults: vehicle/unknown, grace/none. */
  endGrace(wish: Omit<GraceWish, 'until'>): Promise<Graced>
  /** A one-time code has freed the vehicle: no block for a while, so that the driver gets home. */
  codeUsed(used: CodeUsed): Promise<void>
}

type Deps = Pick<World, 'clock' | 'uuid'> & {
  readonly db: Db
  readonly decide: DecisionService['decide']
  readonly situations: SituationService
  readonly graceStore: (db: Db) => Pick<GraceStore, 'isTold'>
  readonly gracePolicy: GracePolicy
}

const UNLOCK_CODE: Actor = { kind: 'rule', id: 'unlock-code', name: 'unlock-code' }

export function createGraceService({ clock, situations, decide, ...deps }: Deps): GraceService {
  /** Decides in one transaction what becomes of the grace, and the order that follows from it. */
  const decideGrace = async (
    vehicleId: VehicleId,
    event: string,
    by: Actor,
    work: (known: VehicleSituation) => { readonly decision: Decision; readonly grace: GraceRow | undefined },
  ): Promise<Graced> => {
    let order: OrderRequested | undefined
    const graced = await decide<Graced>(async (db) => {
      const known = await situations.locked(db, vehicleId)
      const { decision, grace } = work(known)
      order = situations.orderFor(known, known.holds, by, grace === undefined ? 'none' : 'running')
      const result = { grace, orderId: order?.orderId ?? null, holds: known.holds }
      return { decisions: order === undefined ? [decision] : [decision, order], result }
    })
    situations.announce(vehicleId, order, event, { by: nameOf(by) })
    return graced
  }

  const give = (wish: GraceWish, toldBy: string | null): Promise<Graced> =>
    decideGrace(wish.vehicleId, 'grace.given', wish.by, () => {
      const graceId = GraceId.parse(deps.uuid())
      const given: GraceGiven = { kind: 'grace-given', graceId, ...wish, at: clock.now(), toldBy }
      return { decision: given, grace: graceRow(given) }
    })

  return {
    giveGrace: async (wish) => {
      const verdict = judgeGrace(wish.until, deps.gracePolicy, clock.now())
      if (verdict === 'past') throw new Fault('grace/past')
      const hours = deps.gracePolicy.longest / 3_600_000
      if (verdict === 'too-long') throw new Fault('grace/too-long', `at most ${hours} h from now`)
      return give(wish, null)
    },
    endGrace: async ({ vehicleId, note, by }) =>
      decideGrace(vehicleId, 'grace.ended', by, ({ grace }) => {
        if (grace === undefined) throw new Fault('grace/none')
        return { decision: { kind: 'grace-ended', vehicleId, note, by, at: clock.now() }, grace: undefined }
      }),
    codeUsed: async ({ vehicleId, at, heardAt, toldBy }) => {
      if (await deps.graceStore(deps.db).isTold(toldBy)) return
      const known = (await situations.of(deps.db, [vehicleId])).get(vehicleId)
      const until = graceAfterCode(at, heardAt, deps.gracePolicy)
      // Nothing keeps this vehicle blocked, or the time is over already, or a longer grace runs.
      if (known === undefined || known.holds.length === 0 || until <= Math.max(clock.now(), known.grace?.untilAt ?? 0))
        return
      await give({ vehicleId, until, note: '', by: UNLOCK_CODE }, toldBy)
    },
  }
}
