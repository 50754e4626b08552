import { type Millis, seconds } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { ParkId } from '../parks/park.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { DrawnZoneStore, StoredZone, ZoneQuery } from './drawn-zone-store.ts'
import { circlePolygon, type DrawnCircle, type DrawnGeometry, mistakeOf } from './polygon.ts'
import { createZoneMap, type DrawnKind, type ZoneMap } from './zone-map.ts'

export type ZoneWish = {
  readonly kind: DrawnKind
  readonly name: string
  readonly parkId: ParkId | null
  readonly note: string
  readonly area: { readonly geometry: DrawnGeometry } | { readonly circle: DrawnCircle }
}
type Author = { readonly login: string; readonly parks: ParksInSight }

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly drawnZoneStore: (db: Db) => DrawnZoneStore
    readonly parkExists: (park: ParkId) => Promise<boolean>
  }

/** Another instance may have drawn: so often is the map looked at. */
const LOOK_EVERY = seconds(5)

export type DrawnZoneService = ReturnType<typeof createDrawnZoneService>

/** Zones that people draw: made, changed by version, put away; and the map of them that fixes are judged by. */
export function createDrawnZoneService(deps: Deps) {
  const { clock, db, inTransaction } = deps
  let map: ZoneMap = createZoneMap([])
  let known = ''
  let lookedAt: Millis | undefined

  /** A zone of one park is arranged by who sees that park; one of every park by who sees them all. */
  const mayArrange = ({ parks }: Author, parkId: ParkId | null): boolean =>
    parks === 'all' || (parkId !== null && parks.includes(parkId))

  const areaOf = (area: ZoneWish['area']) => {
    const circle = 'circle' in area ? area.circle : null
    const geometry = 'circle' in area ? circlePolygon(area.circle) : area.geometry
    const mistake = mistakeOf(geometry)
    if (mistake !== undefined) throw new Fault('zone/bad-shape', mistake)
    return { geometry, circle }
  }
  const checkPark = async (wish: ZoneWish, by: Author): Promise<void> => {
    if (wish.parkId !== null && !(await deps.parkExists(wish.parkId))) throw new Fault('park/unknown')
    if (!mayArrange(by, wish.parkId)) throw new Fault(wish.parkId === null ? 'access/forbidden' : 'park/unknown')
  }
  const change = (
    id: string,
    version: number,
    by: Author,
    to: (zone: StoredZone) => StoredZone,
    kind: 'changed' | 'archived',
  ) =>
    inTransaction(async (within) => {
      const store = deps.drawnZoneStore(within)
      const zone = await store.findLocked(id)
      const seen = zone !== undefined && (by.parks === 'all' || zone.parkId === null || by.parks.includes(zone.parkId))
      if (zone === undefined || !seen) throw new Fault('zone/unknown')
      if (!mayArrange(by, zone.parkId)) throw new Fault('access/forbidden')
      if (zone.version !== version) throw new Fault('zone/changed', `it is version ${zone.version} now`)
      const next = to({ ...zone, version: version + 1, changedAt: clock.now(), changedBy: by.login })
      await store.put(next, kind)
      return next
    })
  const lookSoon = <Result>(result: Result): Result => {
    lookedAt = undefined
    return result
  }

  return {
    list: (query: ZoneQuery) => deps.drawnZoneStore(db).list(query),
    /** Newest first. Faults: zone/unknown. */
    versions: async (id: string, { parks }: Author) => {
      const zone = await deps.drawnZoneStore(db).list({ parks })
      const versions = await deps.drawnZoneStore(db).versions(id)
      const isSeen = zone.some((one) => one.id === id) || (parks === 'all' && versions.length > 0)
      if (!isSeen) throw new Fault('zone/unknown')
      return versions
    },
    /** Faults: zone/bad-shape, park/unknown, access/forbidden. */
    draw: async ({ area, ...wish }: ZoneWish, by: Author): Promise<StoredZone> => {
      await checkPark({ area, ...wish }, by)
      const changed = { changedAt: clock.now(), changedBy: by.login, archivedAt: null }
      const zone: StoredZone = { id: deps.uuid(), ...wish, ...areaOf(area), version: 1, ...changed }
      await inTransaction((within) => deps.drawnZoneStore(within).put(zone, 'drawn'))
      deps.log.info({ zone: zone.id, kind: zone.kind, by: by.login }, 'zone.drawn')
      return lookSoon(zone)
    },
    /** Faults: zone/unknown, zone/changed, zone/bad-shape, park/unknown, access/forbidden. */
    redraw: async (id: string, version: number, { area, ...wish }: ZoneWish, by: Author): Promise<StoredZone> => {
      await checkPark({ area, ...wish }, by)
      const drawn = areaOf(area)
      return lookSoon(await change(id, version, by, (zone) => ({ ...zone, ...wish, ...drawn }), 'changed'))
    },
    /** Put away: judged by no more, readable for ever. Faults: zone/unknown, zone/changed, access/forbidden. */
    archive: async (id: string, version: number, by: Author): Promise<void> => {
      lookSoon(await change(id, version, by, (zone) => ({ ...zone, archivedAt: zone.changedAt }), 'archived'))
    },
    map: async (): Promise<ZoneMap> => {
      const now = clock.steady()
      if (lookedAt !== undefined && now - lookedAt < LOOK_EVERY) return map
      const store = deps.drawnZoneStore(db)
      const stamp = await store.stamp()
      if (stamp !== known) {
        map = createZoneMap(await store.list({ parks: 'all' }))
        known = stamp
      }
      lookedAt = now
      return map
    },
  }
}
