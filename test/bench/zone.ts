import { readFileSync } from 'node:fs'
import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import pointInPolygonHao from 'point-in-polygon-hao'
import { polygonsOf } from '../../cloud/zones/polygon.ts'
import { createZoneShape, type LonLat, type MultiPolygon } from '../../cloud/zones/zone.ts'
import { createZoneMap } from '../../cloud/zones/zone-map.ts'
import { drawnZones } from '../support/drawn-zones.ts'
import { type Random, seededRandom } from '../support/seeded-random.ts'
import { type Bench, type BenchOptions, type BenchResult, interleaved } from './bench.ts'
import { table } from './table.ts'

const REGION = new URL('../../cloud/zones/data/moscow-region.geojson', import.meta.url)
const NEAR_M = 50
const DEGREE_M = 111_195

type Subject = { readonly name: string; readonly polygons: MultiPolygon }

/** A border as rivers and roads draw it, ragged at every scale, and a hole: the vertex count asked for in all. */
function raggedZone(vertices: number): MultiPolygon {
  const random = seededRandom(vertices, 'ragged')
  const ring = (count: number, radius: number): LonLat[] => {
    const waves = Array.from({ length: 12 }, (_, power) => ({ k: 2 ** power, phase: 2 * Math.PI * random() })).filter(
      ({ k }) => k < count / 4,
    )
    const points = Array.from({ length: count }, (_, index): LonLat => {
      const angle = (2 * Math.PI * index) / count
      const reach =
        radius * (1 + waves.reduce((sum, { k, phase }) => sum + (0.15 / k) * Math.sin(k * angle + phase), 0))
      return [37.6 + reach * Math.cos(angle), 55.7 + reach * 0.56 * Math.sin(angle)]
    })
    return points[0] === undefined ? points : [...points, points[0]]
  }
  return [[ring(Math.floor(vertices * 0.8), 1), ring(Math.ceil(vertices * 0.2), 0.3)]]
}

function region(): MultiPolygon {
  const file = JSON.parse(readFileSync(REGION, 'utf8'))
  const geometry = (file.features?.[0] ?? file).geometry ?? file
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
}

/** Half of the points within 50 m of an edge, half anywhere in the box and a little around it. Longitude, latitude. */
function points({ polygons }: Subject, count: number, random: Random): Float64Array {
  const rings = polygons.flat()
  const corners = rings.flat()
  const [minX, maxX] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))]
  const [minY, maxY] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))]
  const made = new Float64Array(2 * count)
  for (let index = 0; index < count; index += 1) {
    const ring = rings[Math.floor(random() * rings.length)] ?? []
    const corner = Math.floor(random() * (ring.length - 1))
    const [from, to] = [ring[corner], ring[corner + 1]]
    if (index % 2 === 0 && from !== undefined && to !== undefined) {
      const along = random()
      made[2 * index] = from[0] + along * (to[0] - from[0]) + ((random() - 0.5) * 2 * NEAR_M) / (DEGREE_M * 0.56)
      made[2 * index + 1] = from[1] + along * (to[1] - from[1]) + ((random() - 0.5) * 2 * NEAR_M) / DEGREE_M
    } else {
      made[2 * index] = minX + (random() * 1.1 - 0.05) * (maxX - minX)
      made[2 * index + 1] = minY + (random() * 1.1 - 0.05) * (maxY - minY)
    }
  }
  return made
}

type Test = (lon: number, lat: number) => boolean

/** Nanoseconds per answer over `count` points, cycling through those given. */
function timed(test: Test, at: Float64Array, count: number): number {
  let inside = 0
  const from = performance.now()
  for (let index = 0; index < count; index += 1) {
    const place = (2 * index) % at.length
    if (test(at[place] ?? 0, at[place + 1] ?? 0)) inside += 1
  }
  const took = performance.now() - from
  if (inside === 0) throw new Error('no point was inside: the points are wrong')
  return (took * 1e6) / count
}

/** Ten million in all; most of them where the oracle is quick, so that it takes a minute and not ten. */
const fullOf = (vertices: number): number =>
  vertices <= 100 ? 6_000_000 : vertices <= 1000 ? 3_000_000 : vertices <= 10_000 ? 600_000 : 400_000

/** "In which of a thousand zones?": the tree and the shapes, against turf asked zone by zone, its own box test first. */
async function compareMany(count: number, { full }: BenchOptions) {
  const zones = drawnZones(count)
  const from = performance.now()
  const map = createZoneMap(zones)
  const buildMs = performance.now() - from
  const polygons = zones.map(({ geometry }) => polygonsOf(geometry))
  const random = seededRandom(7, 'many')
  const own = (lon: number, lat: number): number =>
    map.near(lon, lat).filter(({ shape }) => shape.inside(lon, lat)).length
  const turf = (lon: number, lat: number): number =>
    zones.filter(({ geometry }) => booleanPointInPolygon([lon, lat], geometry)).length
  const oracle = points({ name: 'many', polygons: polygons.flat() }, full ? 20_000 : 2000, random)
  let mismatches = 0
  for (let place = 0; place < oracle.length; place += 2)
    if (own(oracle[place] ?? 0, oracle[place + 1] ?? 0) !== turf(oracle[place] ?? 0, oracle[place + 1] ?? 0))
      mismatches += 1
  const sample = points({ name: 'many', polygons: polygons.flat() }, 20_000, random)
  const [ownIs, turfIs]: [Test, Test] = [(lon, lat) => own(lon, lat) > 0, (lon, lat) => turf(lon, lat) > 0]
  const figures = await interleaved(
    5,
    async () => timed(ownIs, sample, 100_000),
    async () => timed(turfIs, sample, 500),
  )
  const vertices = polygons.flat(2).reduce((sum, ring) => sum + ring.length - 1, 0)
  const compared = oracle.length / 2
  return { name: `${count} zones`, vertices, buildMs, ...figures, haoNs: Number.NaN, compared, mismatches }
}

async function compare(subject: Subject, { full }: BenchOptions) {
  const from = performance.now()
  const shape = createZoneShape(subject.polygons)
  const buildMs = performance.now() - from
  const rings = subject.polygons.map((polygon) => polygon.map((ring) => ring.map(([x, y]): [number, number] => [x, y])))
  const geometry = { type: 'MultiPolygon' as const, coordinates: rings }
  const random = seededRandom(7, subject.name)
  const own: Test = shape.inside
  const turf: Test = (lon, lat) => booleanPointInPolygon([lon, lat], geometry)
  // hao answers 0 on an edge, which is inside for us.
  const hao: Test = (lon, lat) => rings.some((polygon) => pointInPolygonHao([lon, lat], polygon) !== false)

  const oracle = points(subject, full ? fullOf(shape.vertices) : 100_000, random)
  let mismatches = 0
  for (let place = 0; place < oracle.length; place += 2) {
    const [lon, lat] = [oracle[place] ?? 0, oracle[place + 1] ?? 0]
    if (own(lon, lat) !== hao(lon, lat)) mismatches += 1
  }
  const sample = points(subject, 200_000, random)
  const peerCount = Math.max(2000, Math.round(4e7 / shape.vertices))
  const figures = await interleaved(
    5,
    async () => timed(own, sample, 1_000_000),
    async () => timed(turf, sample, peerCount),
  )
  return {
    name: subject.name,
    vertices: shape.vertices,
    buildMs,
    ...figures,
    haoNs: timed(hao, sample, peerCount),
    compared: oracle.length / 2,
    mismatches,
  }
}

/** B7: nanoseconds per "is this position inside?", ours against turf and hao on the same points. */
export const zone: Bench = {
  name: 'zone',
  about: 'B7: inside test of a zone against turf and point-in-polygon-hao, answers compared one by one',
  run: async (options): Promise<BenchResult> => {
    const subjects: Subject[] = [
      ...[100, 1000, 10_000].map((vertices) => ({ name: `ragged ${vertices}`, polygons: raggedZone(vertices) })),
      { name: 'Moscow and its region', polygons: region() },
    ]
    const rows = []
    for (const subject of subjects) rows.push(await compare(subject, options))
    rows.splice(-1, 0, await compareMany(1000, options))
    options.print(
      table([
        [
          'zone',
          'vertices',
          'own ns',
          'turf ns',
          'hao ns',
          'turf ÷ own',
          'min',
          'max',
          'build ms',
          'compared',
          'differing',
        ],
        ...rows.map((row) => [
          row.name,
          row.vertices,
          row.own.median,
          row.peer.median,
          row.haoNs,
          1 / row.ratio.median,
          1 / row.ratio.max,
          1 / row.ratio.min,
          row.buildMs,
          row.compared,
          row.mismatches,
        ]),
      ]),
    )
    const mismatches = rows.reduce((sum, row) => sum + row.mismatches, 0)
    const last = rows.at(-1)
    const inverse = (ratio: { median: number; min: number; max: number }) => ({
      median: 1 / ratio.median,
      min: 1 / ratio.max,
      max: 1 / ratio.min,
    })
    return {
      unit: 'ns per answer (ratio: turf ÷ own)',
      pairs: 5,
      own: last?.own ?? null,
      peer: last?.peer ?? null,
      ratio: last === undefined ? null : inverse(last.ratio),
      void: mismatches > 0 ? `${mismatches} answers differ from point-in-polygon-hao` : null,
      more: { compared: rows.reduce((sum, row) => sum + row.compared, 0), mismatches },
    }
  },
}
