import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { OpenOutage, OutageChanges } from './area-outage.ts'

export type ConditionStore = ReturnType<typeof createConditionStore>

/** Tables `area_outages` and `area_outage_vehicles`. */
export function createConditionStore(db: Db) {
  return {
    /** With every car that has ever been part of it and was not heard since. */
    open: async (): Promise<readonly OpenOutage[]> => {
      const rows = await db
        .selectFrom('areaOutages as o')
        .innerJoin('areaOutageVehicles as v', 'v.outageId', 'o.id')
        .select(['o.id', 'o.cell', 'v.vehicleId'])
        .where('o.endedAt', 'is', null)
        .execute()
      return [...Map.groupBy(rows, ({ id }) => id)].map(([id, [first, ...more]]) => ({
        id,
        cell: first?.cell ?? '',
        vehicles: [...(first === undefined ? [] : [first]), ...more].map(({ vehicleId }) => vehicleId),
      }))
    },
    apply: async ({ found, joined, back, ended }: OutageChanges, now: EpochMs, uuid: () => string): Promise<void> => {
      for (const { silent, there, ...outage } of found) {
        const id = uuid()
        const added = await db
          .insertInto('areaOutages')
          .values({ id, ...outage, endedAt: null, vehiclesThere: there })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst()
        if (added === undefined) continue
        await db
          .insertInto('areaOutageVehicles')
          .values(silent.map(({ vehicleId, since }) => ({ outageId: id, vehicleId, silentSince: since, backAt: null })))
          .execute()
      }
      for (const { id, vehicleId, since } of joined)
        await db
          .insertInto('areaOutageVehicles')
          .values({ outageId: id, vehicleId, silentSince: since, backAt: null })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      for (const { id, vehicleId, at } of back)
        await db
          .updateTable('areaOutageVehicles')
          .set({ backAt: at })
          .where('outageId', '=', id)
          .where('vehicleId', '=', vehicleId)
          .where('backAt', 'is', null)
          .execute()
      if (ended.length === 0) return
      await db
        .updateTable('areaOutages')
        .set({ endedAt: now })
        .where('id', 'in', [...ended])
        .execute()
    },
    /** The outage that each of these vehicles is silent in now. */
    silentIn: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, EpochMs>> => {
      if (vehicles.length === 0) return new Map()
      const rows = await db
        .selectFrom('areaOutageVehicles as v')
        .innerJoin('areaOutages as o', 'o.id', 'v.outageId')
        .select(['v.vehicleId', 'o.beganAt'])
        .where('v.vehicleId', 'in', [...vehicles])
        .where('v.backAt', 'is', null)
        .where('o.endedAt', 'is', null)
        .execute()
      return new Map(rows.map(({ vehicleId, beganAt }) => [vehicleId, beganAt]))
    },
    /** Those that stand, and the newest ended ones. */
    list: async (endedSince: EpochMs) => {
      const outages = await db
        .selectFrom('areaOutages')
        .selectAll()
        .where((is) => is.or([is('endedAt', 'is', null), is('endedAt', '>=', endedSince)]))
        .orderBy('beganAt', 'desc')
        .limit(200)
        .execute()
      const ids = outages.map(({ id }) => id)
      const cars =
        ids.length === 0
          ? []
          : await db.selectFrom('areaOutageVehicles').selectAll().where('outageId', 'in', ids).execute()
      const byOutage = Map.groupBy(cars, ({ outageId }) => outageId)
      return outages.map((outage) => ({ ...outage, vehicles: byOutage.get(outage.id) ?? [] }))
    },
    /** Whether this vehicle was part of an outage that covers some of this time: what a gap may be put down to. */
    during: async (
      vehicle: VehicleId,
      from: EpochMs,
      to: EpochMs,
    ): Promise<readonly { from: EpochMs; to: EpochMs | null }[]> =>
      db
        .selectFrom('areaOutageVehicles')
        .select(['silentSince as from', 'backAt as to'])
        .where('vehicleId', '=', vehicle)
        .where('silentSince', '<=', to)
        .where((is) => is.or([is('backAt', 'is', null), is('backAt', '>=', from)]))
        .orderBy('silentSince')
        .execute(),
  }
}
