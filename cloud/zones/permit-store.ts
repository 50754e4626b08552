import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type NewPermit = {
  readonly permit: string
  readonly vehicleId: VehicleId
  readonly until: EpochMs
  readonly note: string
  readonly givenBy: string
  /** The card in which it was given; null: none. */
  readonly card?: string | null
}

export type PermitStore = ReturnType<typeof createPermitStore>

/** Permits of vehicles, of people and of cards alike: table `process_permits`. */
export function createPermitStore(db: Db) {
  const ofVehicles = () => db.selectFrom('processPermits').where('entity', '=', 'vehicle')
  return {
    add: async ({ vehicleId, ...permit }: NewPermit, now: EpochMs): Promise<number> => {
      const { id } = await db
        .insertInto('processPermits')
        .values({ card: null, ...permit, entity: 'vehicle', record: vehicleId, grantedAt: now })
        .returning('id')
        .executeTakeFirstOrThrow()
      return Number(id)
    },
    find: (id: number) => ofVehicles().selectAll().where('id', '=', id).forUpdate().executeTakeFirst(),
    /** Takes it back: it ends now, for every reader. */
    revoke: async (id: number, by: string, now: EpochMs): Promise<void> => {
      await db
        .updateTable('processPermits')
        .set({ until: now, revokedAt: now, revokedBy: by, endToldAt: now })
        .where('id', '=', id)
        .execute()
    },
    /** Those of these vehicles that have it now. */
    holders: async (permit: string, vehicles: readonly string[], now: EpochMs): Promise<ReadonlySet<string>> => {
      if (vehicles.length === 0) return new Set()
      const rows = await ofVehicles()
        .select('record')
        .where('permit', '=', permit)
        .where('record', 'in', [...vehicles])
        .where('until', '>', now)
        .execute()
      return new Set(rows.map(({ record }) => record))
    },
    /** Those of these vehicles that were given it since then, whether or not it still runs. */
    givenSince: async (permit: string, vehicles: readonly string[], since: EpochMs): Promise<ReadonlySet<string>> => {
      if (vehicles.length === 0) return new Set()
      const rows = await ofVehicles()
        .select('record')
        .where('permit', '=', permit)
        .where('record', 'in', [...vehicles])
        .where('grantedAt', '>', since)
        .execute()
      return new Set(rows.map(({ record }) => record))
    },
    /** Newest first. */
    list: async (query: {
      readonly vehicleId?: VehicleId | undefined
      readonly inForceAt?: EpochMs | undefined
      readonly parks: 'all' | readonly string[]
      readonly limit: number
      readonly before?: number | undefined
    }) => {
      if (query.parks !== 'all' && query.parks.length === 0) return []
      let rows = db
        .selectFrom('processPermits as p')
        .innerJoin('vehicles as v', (join) => join.on(sql<boolean>`v.id::text = p.record`))
        .select([
          'p.id',
          'p.permit',
          'p.until',
          'p.grantedAt',
          'p.note',
          'p.givenBy',
          'p.card',
          'p.revokedAt',
          'p.revokedBy',
        ])
        .select(['v.plate', 'v.id as vehicleId'])
        .where('p.entity', '=', 'vehicle')
      if (query.parks !== 'all') rows = rows.where(sql<boolean>`v.park_id::text = any(${[...query.parks]}::text[])`)
      if (query.vehicleId !== undefined) rows = rows.where('p.record', '=', query.vehicleId)
      if (query.inForceAt !== undefined) rows = rows.where('p.until', '>', query.inForceAt)
      if (query.before !== undefined) rows = rows.where('p.id', '<', query.before)
      return rows.orderBy('p.id', 'desc').limit(query.limit).execute()
    },
    /** Those that have ended and of which nobody has been told; each once. */
    claimEnded: async (now: EpochMs, limit: number) => {
      const due = await db
        .selectFrom('processPermits')
        .select(['id', 'record', 'permit'])
        .where('endToldAt', 'is', null)
        .where('until', '<=', now)
        .orderBy('until')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute()
      if (due.length === 0) return []
      const ids = due.map(({ id }) => id)
      await db.updateTable('processPermits').set({ endToldAt: now }).where('id', 'in', ids).execute()
      return due
    },
  }
}
