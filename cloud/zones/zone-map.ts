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
/** Of the squares whose zones are remembered, in degrees, and how many of them; a hair more is searched than a square. */
const [SQUARE, MOST_SQUARES, HAIR] = [0.01, 20_000, 1e-9]
const ROW = 100_000

/** Pure. Which zone, by a tree of boxes; how exactly, by the shape of each. */
export function createZoneMap(zones: readonly DrawnZone[]): ZoneMap {
  const mapped = zones.map(({ geometry, ...zone }) => ({ ...zone, shape: createZoneShape(polygonsOf(geometry)) }))
  const byId = new Map(mapped.map((zone) => [zone.id, zone]))
  const find = (id: string): MappedZone | undefined => byId.get(id)
  if (mapped.length === 0) return { near: () => [], find, size: 0 }
  const tree = new Flatbush(mapped.length)
  const boxed = mapped.map((zone, index) => ({ zone, ...boxOf(zones[index]?.geometry) }))
  for (const { west, south, east, north } of boxed) tree.add(west, south, east, north)
  tree.finish()
  // Cars stay where they are: what lies in their square is looked up once, and most squares are empty.
  const squares = new Map<number, typeof boxed>()
  const around = (lon: number, lat: number): typeof boxed => {
    const [column, row] = [Math.floor(lon / SQUARE), Math.floor(lat / SQUARE)]
    const key = column * ROW + row
    const known = squares.get(key)
    if (known !== undefined) return known
    const margin = REACH + HAIR
    const found = tree
      .search(
        column * SQUARE - margin,
        row * SQUARE - margin,
        (column + 1) * SQUARE + margin,
        (row + 1) * SQUARE + margin,
      )
      .flatMap((index) => boxed[index] ?? [])
    if (squares.size >= MOST_SQUARES) squares.clear()
    squares.set(key, found)
    return found
  }
  return {
    near: (lon, lat) => {
      const candidates = around(lon, lat)
      if (candidates.length === 0) return NONE
      // Asked for every fix: of most no list is made.
      let near: MappedZone[] | undefined
      for (const { zone, west, south, east, north } of candidates)
        if (west <= lon + REACH && east >= lon - REACH && south <= lat + REACH && north >= lat - REACH) {
          near ??= []
          near.push(zone)
        }
      return near ?? NONE
    },
    find,
    size: mapped.length,
  }
}

const NONE: readonly never[] = []

function boxOf(geometry: DrawnGeometry | undefined) {
  const points = geometry === undefined ? [] : polygonsOf(geometry).flat(2)
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)]
  return { west: Math.min(...lons), south: Math.min(...lats), east: Math.max(...lons), north: Math.max(...lats) }
}
