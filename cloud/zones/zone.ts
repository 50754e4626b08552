import { orientation } from './orientation.ts'

/** GeoJSON order: longitude, latitude, in WGS84 degrees. */
export type LonLat = readonly [number, number]
/** Polygons of rings; the first ring is the border, further ones are holes. Polygons must not overlap. */
export type MultiPolygon = readonly (readonly (readonly LonLat[])[])[]

export type ZoneShape = {
  /** Exact; a point on the border counts as inside. */
  inside(lon: number, lat: number): boolean
  /** Distance to the nearest border in metres, or Infinity when it is more than `limitM` away. */
  borderDistanceM(lon: number, lat: number, limitM: number): number
  readonly vertices: number
}

const RASTER = 256
const OUT = 0
const IN = 1
const BORDER = 2
const METRES_PER_DEGREE = (6_371_008.8 * Math.PI) / 180

/**
 * Pure. A raster of 256² cells answers for every point whose cell no border passes; the others are counted by ray over
 * the few edges of their slab of latitude, with an exact test of sides.
 */
export function createZoneShape(polygons: MultiPolygon): ZoneShape {
  const edges = edgesOf(polygons)
  const box = boxOf(edges)
  const slabs = slabIndex(edges, box)
  const counted = (lon: number, lat: number): boolean => insideByRay(edges, slabs, lon, lat)
  const raster = rasterOf(edges, box, counted)
  const columns = RASTER / (box.maxX - box.minX)
  const rows = RASTER / (box.maxY - box.minY)
  return {
    vertices: edges.count,
    inside: (lon, lat) => {
      // Negated, so that NaN is outside too.
      if (!(lon >= box.minX && lon <= box.maxX && lat >= box.minY && lat <= box.maxY)) return false
      const column = Math.min(RASTER - 1, Math.floor((lon - box.minX) * columns))
      const row = Math.min(RASTER - 1, Math.floor((lat - box.minY) * rows))
      const cell = raster[row * RASTER + column]
      return cell === BORDER ? counted(lon, lat) : cell === IN
    },
    borderDistanceM: (lon, lat, limitM) => {
      const north = (limitM / METRES_PER_DEGREE) * (1 + HAIR)
      const east = north / Math.cos((lat * Math.PI) / 180)
      const [left, right] = [
        Math.floor((lon - east - box.minX) * columns),
        Math.floor((lon + east - box.minX) * columns),
      ]
      const [low, high] = [Math.floor((lat - north - box.minY) * rows), Math.floor((lat + north - box.minY) * rows)]
      // Nearly always: a car in the middle of the zone, and no border through any cell around it.
      const isFar = right - left <= FEW_CELLS && high - low <= FEW_CELLS && !hasBorder(raster, left, right, low, high)
      return isFar ? Infinity : nearestEdgeM(edges, slabs, { lon, lat, limitM })
    },
  }
}

/** More to look at than the edges themselves would be. */
const FEW_CELLS = 8

/** Does a border pass through any of these cells? Outside of the raster there is none. */
function hasBorder(raster: Uint8Array, left: number, right: number, low: number, high: number): boolean {
  for (let row = Math.max(0, low); row <= Math.min(RASTER - 1, high); row += 1)
    for (let column = Math.max(0, left); column <= Math.min(RASTER - 1, right); column += 1)
      if (raster[row * RASTER + column] === BORDER) return true
  return false
}

type Edges = { readonly count: number; readonly ends: Float64Array }
type Box = { readonly minX: number; readonly minY: number; readonly maxX: number; readonly maxY: number }
type Slabs = { readonly of: (y: number) => number; readonly starts: Int32Array; readonly edges: Int32Array }

/** Four numbers an edge: x0 y0 x1 y1. */
function edgesOf(polygons: MultiPolygon): Edges {
  const ends: number[] = []
  for (const ring of polygons.flat()) {
    for (const [index, [x, y]] of ring.entries()) {
      const next = ring[(index + 1) % ring.length]
      if (next !== undefined && (next[0] !== x || next[1] !== y)) ends.push(x, y, next[0], next[1])
    }
  }
  if (ends.length === 0) throw new Error('a zone needs at least one ring with an area')
  return { count: ends.length / 4, ends: Float64Array.from(ends) }
}

// A typed array answers undefined past its end only; indexes here are made by the array's own length.
const at = (numbers: Float64Array | Int32Array, index: number): number => numbers[index] ?? Number.NaN

function boxOf({ ends }: Edges): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < ends.length; i += 2) {
    minX = Math.min(minX, at(ends, i))
    maxX = Math.max(maxX, at(ends, i))
    minY = Math.min(minY, at(ends, i + 1))
    maxY = Math.max(maxY, at(ends, i + 1))
  }
  return { minX, minY, maxX, maxY }
}

/** Edges by slab of latitude; an edge stands in every slab it touches. About four slabs an edge keep a slab short. */
function slabIndex(edges: Edges, { minY, maxY }: Box): Slabs {
  const count = Math.min(65_536, Math.max(16, edges.count))
  const scale = count / (maxY - minY)
  const of = (y: number): number => Math.max(0, Math.min(count - 1, Math.floor((y - minY) * scale)))
  const spans = Array.from({ length: edges.count }, (_, edge) => {
    const [y0, y1] = [at(edges.ends, edge * 4 + 1), at(edges.ends, edge * 4 + 3)]
    return [of(Math.min(y0, y1)), of(Math.max(y0, y1))] as const
  })
  const starts = new Int32Array(count + 1)
  for (const [from, to] of spans)
    for (let slab = from; slab <= to; slab += 1) starts[slab + 1] = at(starts, slab + 1) + 1
  for (let slab = 0; slab < count; slab += 1) starts[slab + 1] = at(starts, slab + 1) + at(starts, slab)
  const members = new Int32Array(at(starts, count))
  const filled = starts.slice()
  for (const [edge, [from, to]] of spans.entries()) {
    for (let slab = from; slab <= to; slab += 1) {
      members[at(filled, slab)] = edge
      filled[slab] = at(filled, slab) + 1
    }
  }
  return { of, starts, edges: members }
}

function insideByRay({ ends }: Edges, slabs: Slabs, x: number, y: number): boolean {
  const slab = slabs.of(y)
  let inside = false
  for (let i = at(slabs.starts, slab); i < at(slabs.starts, slab + 1); i += 1) {
    const edge = at(slabs.edges, i) * 4
    const [x0, y0, x1, y1] = [at(ends, edge), at(ends, edge + 1), at(ends, edge + 2), at(ends, edge + 3)]
    if ((y < y0 && y < y1) || (y > y0 && y > y1) || (x > x0 && x > x1)) continue
    const straddles = y0 <= y !== y1 <= y
    if (x < x0 && x < x1) {
      if (straddles) inside = !inside
      continue
    }
    const side = orientation(x0, y0, x1, y1, x, y)
    if (side === 0) return true
    // To the left of an edge that rises, or to the right of one that falls, the ray to the east crosses it.
    if (straddles && side > 0 === y1 > y0) inside = !inside
  }
  return inside
}

function rasterOf(edges: Edges, box: Box, counted: (lon: number, lat: number) => boolean): Uint8Array {
  const raster = new Uint8Array(RASTER * RASTER)
  const cellX = (box.maxX - box.minX) / RASTER
  const cellY = (box.maxY - box.minY) / RASTER
  for (let edge = 0; edge < edges.count; edge += 1)
    markEdge(raster, edges.ends.subarray(edge * 4, edge * 4 + 4), box, cellX, cellY)
  for (let row = 0; row < RASTER; row += 1) {
    let known = -1
    for (let column = 0; column < RASTER; column += 1) {
      const cell = row * RASTER + column
      if (raster[cell] === BORDER) {
        known = -1
        continue
      }
      // Neighbours without a border between them are on one side.
      if (known < 0) known = counted(box.minX + (column + 0.5) * cellX, box.minY + (row + 0.5) * cellY) ? IN : OUT
      raster[cell] = known
    }
  }
  return raster
}

/** A hair wider than the edge, so that rounding in the look-up never misses a cell. */
const HAIR = 1e-6

function markEdge(raster: Uint8Array, ends: Float64Array, box: Box, cellX: number, cellY: number): void {
  const [x0, y0] = [(at(ends, 0) - box.minX) / cellX, (at(ends, 1) - box.minY) / cellY]
  const [x1, y1] = [(at(ends, 2) - box.minX) / cellX, (at(ends, 3) - box.minY) / cellY]
  const inRaster = (cell: number): number => Math.max(0, Math.min(RASTER - 1, Math.floor(cell)))
  const xAt = (y: number): number => (y1 === y0 ? x0 : x0 + ((x1 - x0) * (y - y0)) / (y1 - y0))
  const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)]
  for (let row = inRaster(low - HAIR); row <= inRaster(high + HAIR); row += 1) {
    const flat = y1 === y0
    const a = flat ? x0 : xAt(Math.max(low, Math.min(high, row - HAIR)))
    const b = flat ? x1 : xAt(Math.max(low, Math.min(high, row + 1 + HAIR)))
    const last = inRaster(Math.max(a, b) + HAIR)
    for (let column = inRaster(Math.min(a, b) - HAIR); column <= last; column += 1)
      raster[row * RASTER + column] = BORDER
  }
}

type Circle = { readonly lon: number; readonly lat: number; readonly limitM: number }

/** On a plane that touches the sphere at the point: within 1 % up to a hundred kilometres at our latitudes. */
function nearestEdgeM({ ends }: Edges, slabs: Slabs, { lon, lat, limitM }: Circle): number {
  const metresX = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)
  const reach = limitM / METRES_PER_DEGREE
  let nearest = limitM * limitM
  let found = false
  for (let i = at(slabs.starts, slabs.of(lat - reach)); i < at(slabs.starts, slabs.of(lat + reach) + 1); i += 1) {
    const edge = at(slabs.edges, i) * 4
    const ax = (at(ends, edge) - lon) * metresX
    const ay = (at(ends, edge + 1) - lat) * METRES_PER_DEGREE
    const dx = (at(ends, edge + 2) - lon) * metresX - ax
    const dy = (at(ends, edge + 3) - lat) * METRES_PER_DEGREE - ay
    const along = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy)))
    const squared = (ax + along * dx) ** 2 + (ay + along * dy) ** 2
    if (squared <= nearest) {
      nearest = squared
      found = true
    }
  }
  return found ? Math.sqrt(nearest) : Infinity
}
