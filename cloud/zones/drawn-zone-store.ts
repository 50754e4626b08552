import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { ZoneVersionRow } from '../postgres/zone-tables.ts'
import { DrawnCircle, DrawnGeometry } from './polygon.ts'
import type { DrawnKind, DrawnZone } from './zone-map.ts'

export type StoredZone = DrawnZone & {
  readonly circle: DrawnCircle | null
  readonly note: string
  readonly version: number
  readonly changedAt: EpochMs
  readonly changedBy: string
  readonly archivedAt: EpochMs | null
}

export type ZoneQuery = {
  readonly parks: ParksInSight
  readonly kind?: DrawnKind | undefined
  readonly park?: ParkId | undefined
}

export type DrawnZoneStore = ReturnType<typeof createDrawnZoneStore>

/** Tables `zones` and `zone_versions`. */
export function createDrawnZoneStore(db: Db) {
  const inUse = () => db.selectFrom('zones').selectAll().where('archivedAt', 'is', null)
  const zoneOf = (row: Awaited<ReturnType<ReturnType<typeof inUse>['executeTakeFirstOrThrow']>>): StoredZone => ({
    ...row,
    geometry: DrawnGeometry.parse(row.geometry),
    circle: row.circle === null ? null : DrawnCircle.parse(row.circle),
  })
  return {
    /** By name; zones of every park, and those of parks in sight. */
    list: async ({ parks, kind, park }: ZoneQuery): Promise<readonly StoredZone[]> => {
      let query = inUse()
      if (kind !== undefined) query = query.where('kind', '=', kind)
      if (park !== undefined) query = query.where((is) => is.or([is('parkId', 'is', null), is('parkId', '=', park)]))
      const rows = await query.orderBy('name').orderBy('id').execute()
      const seen = rows.filter(({ parkId }) => parks === 'all' || parkId === null || parks.includes(parkId))
      return seen.map(zoneOf)
    },
    /** Changes whenever any zone does: each change adds one to a version, and no zone is ever deleted. */
    stamp: async (): Promise<string> => {
      const { changes } = await db
        .selectFrom('zones')
        .select((is) => is.fn.sum('version').as('changes'))
        .executeTakeFirstOrThrow()
      return `${changes ?? 0}`
    },
    findLocked: async (id: string): Promise<StoredZone | undefined> => {
      const row = await inUse().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && zoneOf(row)
    },
    put: async (zone: StoredZone, change: ZoneVersionRow['change']): Promise<void> => {
      const { id, geometry, circle, ...row } = zone
      const values = {
        ...row,
        geometry: JSON.stringify(geometry),
        circle: circle === null ? null : JSON.stringify(circle),
      }
      await db
        .insertInto('zones')
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
        .execute()
      const { version, kind, name, note, changedAt, changedBy } = zone
      await db
        .insertInto('zoneVersions')
        .values({ zoneId: id, version, change, kind, name, geometry: values.geometry, note, changedAt, changedBy })
        .execute()
    },
    versions: async (id: string) => {
      const rows = await db
        .selectFrom('zoneVersions')
        .selectAll()
        .where('zoneId', '=', id)
        .orderBy('version', 'desc')
        .limit(100)
        .execute()
      return rows.map(({ zoneId: _, geometry, ...row }) => ({ ...row, geometry: DrawnGeometry.parse(geometry) }))
    },
  }
}
