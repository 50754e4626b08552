import type { OrderId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { ParkRow } from '../postgres/park-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { ParkId } from './park.ts'

export type ParkStore = ReturnType<typeof createParkStore>

/** Tables `parks` and `account_parks`, and in which park a vehicle stands. */
export function createParkStore(db: Db) {
  const parksOf = async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, ParkId>> => {
    if (vehicles.length === 0) return new Map()
    const rows = await db.selectFrom('vehicles').select(['id', 'parkId']).where('id', 'in', vehicles).execute()
    return new Map(rows.map((row) => [row.id, row.parkId]))
  }
  return {
    list: (): Promise<ParkRow[]> => db.selectFrom('parks').selectAll().orderBy('name').execute(),
    find: (id: ParkId): Promise<ParkRow | undefined> =>
      db.selectFrom('parks').selectAll().where('id', '=', id).executeTakeFirst(),
    findByName: (name: string): Promise<ParkRow | undefined> =>
      db.selectFrom('parks').selectAll().where('name', '=', name).executeTakeFirst(),
    /** The park each of these vehicles stands in; a vehicle that does not exist is absent. */
    parksOf,
    /** Those of these vehicles that exist for somebody who sees these parks, in one query. */
    inSight: async (parks: ParksInSight, vehicles: readonly VehicleId[]): Promise<ReadonlySet<VehicleId>> => {
      if (parks === 'all') return new Set(vehicles)
      const known = await parksOf(vehicles)
      return new Set(vehicles.filter((vehicle) => parks.includes(known.get(vehicle) ?? '')))
    },
    /** Those of these orders whose vehicle exists for somebody who sees these parks. */
    ordersInSight: async (parks: ParksInSight, orders: readonly OrderId[]): Promise<ReadonlySet<OrderId>> => {
      if (parks === 'all') return new Set(orders)
      if (parks.length === 0 || orders.length === 0) return new Set()
      const rows = await db
        .selectFrom('orders')
        .innerJoin('vehicles', 'vehicles.id', 'orders.vehicleId')
        .select(['orders.id', 'vehicles.parkId'])
        .where('orders.id', 'in', orders)
        .execute()
      return new Set(rows.filter((row) => parks.includes(row.parkId)).map((row) => row.id))
    },
    /** A new park, or a new name of one; an older word changes nothing. */
    applyNamed: async (id: ParkId, name: string, namedAt: EpochMs): Promise<void> => {
      await db
        .insertInto('parks')
        .values({ id, name, namedAt })
        .onConflict((it) => it.column('id').doUpdateSet({ name, namedAt }).where('parks.namedAt', '<', namedAt))
        .execute()
    },
    sightOf: async (accountId: string): Promise<readonly ParkId[]> => {
      const rows = await db.selectFrom('accountParks').select('parkId').where('accountId', '=', accountId).execute()
      return rows.map((row) => row.parkId)
    },
    /** What an account sees from now on. */
    setSight: async (accountId: string, sight: ParksInSight, parks: readonly ParkId[]): Promise<void> => {
      await db.deleteFrom('accountParks').where('accountId', '=', accountId).execute()
      const seesParks = sight === 'all' ? 'all' : 'listed'
      await db.updateTable('accounts').set({ seesParks }).where('id', '=', accountId).execute()
      if (sight === 'all' || parks.length === 0) return
      await db
        .insertInto('accountParks')
        .values(parks.map((parkId) => ({ accountId, parkId })))
        .execute()
    },
  }
}
