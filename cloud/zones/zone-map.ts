import Flatbush from 'flatbush'
import type { ParkId } from '../parks/park.ts'
import { type DrawnGeometry, polygonsOf } from './polygon.ts'
import { createZoneShape, type ZoneShape } from './zone.ts'

export const DRAWN_KINDS = ['parking', 'forbidden', 'never_block'] as const
export type DrawnKind = (typeof DRAWN_KINDS)[number]

export type DrawnZone = {
  readonly id: string
  readonly kind: DrawnKind
  readonly name: string
  /** Null: for the cars of every park. */
  readonly parkId: ParkId | null
  readonly geometry: DrawnGeometry
}

export type MappedZone = Omit<DrawnZone, 'geometry'> & { readonly shape: ZoneShape }

export type ZoneMap = {
  /** Those whose box lies within reach of the point: the only ones whose exact border is worth a look. */
  near(lon: number, lat: number): readonly MappedZone[]
  find(id: string): MappedZone | undefined
  readonly size: number
}

/** Degrees around a box: about 110 m to the north and 60 m to the east at our latitudes. */
const REACH = 0.001

/** Pure. Which zone, by a tree of boxes; how exactly, by the shape of each. */
export function createZoneMap(zones: readonly DrawnZone[]): ZoneMap {
  const mapped = zones.map(({ geometry, ...zone }) => ({ ...zone, shape: createZoneShape(polygonsOf(geometry)) }))
  const byId = new Map(mapped.map((zone) => [zone.id, zone]))
  const find = (id: string): MappedZone | undefined => byId.get(id)
  if (mapped.length === 0) return { near: () => [], find, size: 0 }
  const tree = new Flatbush(mapped.length)
  for (const { geometry } of zones) {
    const points = polygonsOf(geometry).flat(2)
    const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)]
    tree.add(Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats))
  }
  tree.finish()
  return {
    near: (lon, lat) =>
      tree.search(lon - REACH, lat - REACH, lon + REACH, lat + REACH).flatMap((index) => mapped[index] ?? []),
    find,
    size: mapped.length,
  }
}
