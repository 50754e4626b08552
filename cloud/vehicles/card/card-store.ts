import type { VehicleId } from '#contract/ids.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { VehicleCardRow } from '../../postgres/upkeep-tables.ts'

export type CardStore = ReturnType<typeof createCardStore>

/** Table `vehicle_cards`. */
export function createCardStore(db: Db) {
  return {
    find: (id: VehicleId): Promise<VehicleCardRow | undefined> =>
      db.selectFrom('vehicleCards').selectAll().where('vehicleId', '=', id).executeTakeFirst(),
    withVin: (vin: string): Promise<VehicleCardRow | undefined> =>
      db.selectFrom('vehicleCards').selectAll().where('vin', '=', vin).executeTakeFirst(),
    /** Resolves to false when it is not the version that was seen (0: none yet). */
    save: async (row: VehicleCardRow): Promise<boolean> => {
      const saved =
        row.version === 1
          ? await db
              .insertInto('vehicleCards')
              .values(row)
              .onConflict((conflict) => conflict.column('vehicleId').doNothing())
              .returning('vehicleId')
              .execute()
          : await db
              .updateTable('vehicleCards')
              .set(row)
              .where('vehicleId', '=', row.vehicleId)
              .where('version', '=', row.version - 1)
              .returning('vehicleId')
              .execute()
      return saved.length > 0
    },
  }
}
