import type { HoldId, OrderId, VehicleId } from '#contract/ids.ts'
import type { HoldReason } from '#contract/order.ts'
import type { HoldLifted, HoldPlaced } from '../decisions/decision.ts'
import type { HoldRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { holdRow } from './hold-row.ts'

export type HoldStore = ReturnType<typeof createHoldStore>

export function createHoldStore(db: Db) {
  const all = () => db.selectFrom('holds').selectAll()
  const standing = (vehicle: VehicleId, reason: HoldReason, key: string): Promise<HoldRow | undefined> =>
    all()
      .where('vehicleId', '=', vehicle)
      .where('reason', '=', reason)
      .where('key', '=', key)
      .where('liftedAt', 'is', null)
      .executeTakeFirst()
  return {
    find: (id: HoldId): Promise<HoldRow | undefined> => all().where('id', '=', id).executeTakeFirst(),
    /** Oldest first. */
    standingOf: async (vehicles: readonly VehicleId[]): Promise<HoldRow[]> =>
      vehicles.length === 0
        ? []
        : all()
            .where('vehicleId', 'in', vehicles)
            .where('liftedAt', 'is', null)
            .orderBy('placedAt')
            .orderBy('id')
            .execute(),
    /** Newest first, lifted ones too. */
    ofVehicle: (vehicle: VehicleId, limit: number): Promise<HoldRow[]> =>
      all().where('vehicleId', '=', vehicle).orderBy('placedAt', 'desc').orderBy('id').limit(limit).execute(),
    standing,
    /** The newest lift of this reason and key; holds that stand do not count. */
    lastLifted: (vehicle: VehicleId, reason: HoldReason, key: string): Promise<HoldRow | undefined> =>
      all()
        .where('vehicleId', '=', vehicle)
        .where('reason', '=', reason)
        .where('key', '=', key)
        .where('liftedAt', 'is not', null)
        .orderBy('liftedAt', 'desc')
        .orderBy('id')
        .executeTakeFirst(),
    vehiclesHeld: async (): Promise<VehicleId[]> => {
      const rows = await db.selectFrom('holds').select('vehicleId').distinct().where('liftedAt', 'is', null).execute()
      return rows.map((row) => row.vehicleId)
    },
    /** Points the standing holds of a vehicle at the order that now serves them. */
    serve: (vehicle: VehicleId, orderId: OrderId) =>
      db.updateTable('holds').set({ orderId }).where('vehicleId', '=', vehicle).where('liftedAt', 'is', null).execute(),

    /** Harmless when the hold is there already. */
    applyPlaced: async (placed: HoldPlaced): Promise<void> => {
      const { evidence, ...row } = holdRow(placed)
      // Before there were keys, two persons could give one reason twice: the second of them stands under its own id.
      const doubled = placed.key === undefined && (await standing(placed.vehicleId, placed.reason, '')) !== undefined
      await db
        .insertInto('holds')
        .values({
          ...row,
          key: doubled ? placed.holdId : row.key,
          evidence: evidence === null ? null : JSON.stringify(evidence),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    /** Harmless when the hold has been lifted already. */
    applyLifted: (lifted: HoldLifted) =>
      db
        .updateTable('holds')
        .set({
          liftedAt: lifted.at,
          liftedByKind: lifted.by.kind,
          liftedById: lifted.by.id,
          liftedByName: lifted.by.name,
          liftNote: lifted.note,
        })
        .where('id', '=', lifted.holdId)
        .where('liftedAt', 'is', null)
        .execute(),
  }
}
