import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { VehicleAdded, VehicleMoved } from '../decisions/decision.ts'
import type { ParksInSight } from '../http/access.ts'
import { MAIN_PARK, ParkId } from '../parks/park.ts'
import type { VehicleRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import type { OwnMarks } from './sheet-marks.ts'

export type VehicleStore = ReturnType<typeof createVehicleStore>

export type VehicleQuery = {
  /** Part of the plate or the model, in any case. */
  readonly q?: string | undefined
  readonly limit: number
  readonly parks: ParksInSight
  /** The last vehicle of the page before. */
  readonly after?: Pick<VehicleRow, 'plate' | 'id'> | undefined
}

export function createVehicleStore(db: Db) {
  const all = () => db.selectFrom('vehicles').selectAll()
  return {
    find: (id: VehicleId): Promise<VehicleRow | undefined> => all().where('id', '=', id).executeTakeFirst(),
    /** Locked until the transaction ends: decisions about one vehicle are taken one after another. */
    findLocked: (id: VehicleId): Promise<VehicleRow | undefined> =>
      all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
    findByPlate: (plate: string): Promise<VehicleRow | undefined> =>
      all().where('plate', '=', plate).executeTakeFirst(),
    findAll: async (ids: readonly VehicleId[]): Promise<VehicleRow[]> =>
      ids.length === 0 ? [] : all().where('id', 'in', ids).execute(),
    /** By plate. */
    list: async ({ q, parks, limit, after }: VehicleQuery): Promise<VehicleRow[]> => {
      if (parks.length === 0) return []
      let query = all()
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      if (q !== undefined) {
        const pattern = anywhere(q)
        query = query.where((or) => or.or([or('plate', 'ilike', pattern), or('model', 'ilike', pattern)]))
      }
      if (after !== undefined) query = query.where(sql<boolean>`(plate, id) > (${after.plate}, ${after.id}::uuid)`)
      return query.orderBy('plate').orderBy('id').limit(limit).execute()
    },
    platesOf: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, string>> => {
      if (vehicles.length === 0) return new Map()
      const rows = await db.selectFrom('vehicles').select(['id', 'plate']).where('id', 'in', vehicles).execute()
      return new Map(rows.map((row) => [row.id, row.plate]))
    },
    /** Harmless when the vehicle is there already. */
    applyAdded: async (added: VehicleAdded): Promise<void> => {
      const { vehicleId: id, plate, model, at: createdAt, parkId = MAIN_PARK, vin } = added
      await db
        .insertInto('vehicles')
        .values({ id, plate, model, createdAt, parkId, parkSince: createdAt })
        .onConflict((it) => it.doNothing())
        .execute()
      if (vin === undefined) return
      const card = { sts: '', year: null, colour: '', marketValueKopecks: null, note: '', changedBy: '' }
      await db
        .insertInto('vehicleCards')
        .values({ ...card, vehicleId: id, vin, version: 1, changedAt: createdAt })
        .onConflict((it) => it.doNothing())
        .execute()
    },
    hasVin: async (vin: string): Promise<boolean> =>
      (await db.selectFrom('vehicleCards').select('vin').where('vin', '=', vin).executeTakeFirst()) !== undefined,
    /** Plate and VIN of a vehicle, `vin` null where nobody has written it down. */
    marksOf: (id: VehicleId): Promise<OwnMarks | undefined> =>
      db
        .selectFrom('vehicles')
        .leftJoin('vehicleCards', 'vehicleCards.vehicleId', 'vehicles.id')
        .select(['vehicles.plate', 'vehicleCards.vin'])
        .where('vehicles.id', '=', id)
        .executeTakeFirst(),
    /** The newest word wins. */
    applyMoved: ({ vehicleId, parkId, at: parkSince }: VehicleMoved) =>
      db
        .updateTable('vehicles')
        .set({ parkId, parkSince })
        .where('id', '=', vehicleId)
        .where('parkSince', '<', parkSince)
        .execute(),
  }
}
