/**
 * Makes the console's basemap from open geodata, once, by hand:
 *   node cloud/console/map-data/make-basemap.ts <data folder with geo/ and roads/>
 * Writes public/map/*.geojson. Source data: OpenStreetMap contributors (ODbL), Natural Earth (public domain).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { join, type Line, type Point, quantise, simplify } from './line.ts'

type Geometry =
  | { type: 'Point'; coordinates: Point }
  | { type: 'LineString'; coordinates: Line }
  | { type: 'MultiLineString' | 'Polygon'; coordinates: readonly Line[] }
  | { type: 'MultiPolygon'; coordinates: readonly (readonly Line[])[] }
type Feature = { type: 'Feature'; properties: Record<string, string | number>; geometry: Geometry }
type Graph = {
  classes: string[]
  names: string[]
  nodes: [number, number, number][]
  edges: [number, number, number, number, number, number, number[]][]
}

const source = process.argv[2]
if (source === undefined) throw new Error('usage: make-basemap.ts <data folder>')
const target = joinPath(import.meta.dirname, '../public/map')

const read = <T>(path: string): T => JSON.parse(readFileSync(joinPath(source, path), 'utf8'))
const features = (path: string): Feature[] => read<{ features: Feature[] }>(path).features

function write(name: string, attribution: string, list: readonly Feature[]): void {
  const text = JSON.stringify({ type: 'FeatureCollection', attribution, features: list })
  writeFileSync(joinPath(target, `${name}.geojson`), text)
  console.log(`${name}.geojson: ${list.length} features, ${Math.round(text.length / 1024)} KB`)
}

function thin(geometry: Geometry, toleranceM: number): Geometry {
  const one = (line: Line): Line => quantise(simplify(line, toleranceM))
  // A ring starts where it ends, so it is cut in two before it is simplified.
  const ring = (line: Line): Line => {
    const half = Math.floor(line.length / 2)
    return [...one(line.slice(0, half + 1)).slice(0, -1), ...one(line.slice(half))]
  }
  switch (geometry.type) {
    case 'Point':
      return geometry
    case 'LineString':
      return { type: 'LineString', coordinates: one(geometry.coordinates) }
    case 'MultiLineString':
      return { type: 'MultiLineString', coordinates: geometry.coordinates.map(one) }
    case 'Polygon':
      return { type: 'Polygon', coordinates: geometry.coordinates.map(ring) }
    case 'MultiPolygon':
      return { type: 'MultiPolygon', coordinates: geometry.coordinates.map((polygon) => polygon.map(ring)) }
  }
}

const keep = (
  list: readonly Feature[],
  toleranceM: number,
  props: (from: Feature['properties']) => Feature['properties'],
) =>
  list.map(
    (item): Feature => ({
      type: 'Feature',
      properties: props(item.properties),
      geometry: thin(item.geometry, toleranceM),
    }),
  )

const OSM = '© OpenStreetMap contributors, ODbL 1.0'

function outerRing(geometry: Geometry): Line {
  const polygons =
    geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : []
  return polygons.map((polygon) => polygon[0] ?? []).sort((a, b) => b.length - a.length)[0] ?? []
}

/** The mean of the ring's area: good enough to hang a label on, districts are round rather than thin. */
function centre(geometry: Geometry): Point {
  const ring = outerRing(geometry)
  let [area, x, y] = [0, 0, 0]
  for (const [index, point] of ring.entries()) {
    const next = ring[(index + 1) % ring.length] ?? point
    const cross = point[0] * next[1] - next[0] * point[1]
    area += cross
    x += (point[0] + next[0]) * cross
    y += (point[1] + next[1]) * cross
  }
  return [Number((x / (3 * area)).toFixed(5)), Number((y / (3 * area)).toFixed(5))]
}

const districtName = (name: string): string => name.replace(/^район /, '').replace(/ район$/, '')

/** «Городской Округ Клин» → «Клин», «Раменский Городской Округ» → «Раменский округ»; the source capitalises every word. */
const okrugName = (name: string): string =>
  name
    .replace(/^Городской Округ /, '')
    .replace(/ Городской Округ$/, ' округ')
    .replace(/-([а-я])/g, (_, letter: string) => `-${letter.toUpperCase()}`)
    .replace('Звездный Городок', 'Звёздный Городок')

function borders(): void {
  write(
    'region',
    OSM,
    keep(features('geo/moscow-region-union.geojson'), 60, () => ({ k: 'region' })),
  )
  const city = keep(features('geo/moscow.geojson'), 20, () => ({ k: 'moscow' }))
  const districts = features('geo/moscow-districts.geojson')
  const okrugs = features('geo/moscow-oblast-okrugs.geojson')
  write('areas', OSM, [
    ...city,
    ...keep(okrugs, 120, () => ({ k: 'okrug' })),
    ...keep(districts, 15, () => ({ k: 'district' })),
  ])
  const labels = districts.map(
    (item): Feature => ({
      type: 'Feature',
      properties: { k: 'district', n: districtName(String(item.properties['name'])) },
      geometry: { type: 'Point', coordinates: centre(item.geometry) },
    }),
  )
  const okrugLabels = okrugs.map(
    (item): Feature => ({
      type: 'Feature',
      properties: { k: 'okrug', n: okrugName(String(item.properties['name'])) },
      geometry: { type: 'Point', coordinates: centre(item.geometry) },
    }),
  )
  // A town that has its own label needs none for the okrug around it.
  const named = new Set(towns().map(({ properties }) => properties['n']))
  write('districts', OSM, [...labels, ...okrugLabels.filter(({ properties }) => !named.has(properties['n']))])
}

function water(): void {
  const detailed = keep(features('geo/moscow-water-parks.geojson'), 4, ({ k, n }) => ({
    k: k ?? '',
    ...(n === undefined ? {} : { n }),
  }))
  const coarse = features('geo/oblast-naturalearth-water-places.geojson').filter(
    (item) => item.properties['k'] !== 'place',
  )
  write('water', `${OSM}; Natural Earth`, [
    ...detailed.filter((item) => item.properties['k'] !== 'spine'),
    ...keep(coarse, 50, ({ k }) => ({ k: `far-${k}` })),
  ])
}

/** Lines grouped by class and name, joined into streets, thinned. */
function streets(lines: readonly { k: string; n: string; line: Line }[], toleranceM: number): Feature[] {
  const groups = Map.groupBy(lines, ({ k, n }) => `${k}|${n}`)
  return [...groups].map(([group, pieces]): Feature => {
    const [k = '', n = ''] = group.split('|')
    const joined = join(pieces.map(({ line }) => line)).map((line) => quantise(simplify(line, toleranceM)))
    return {
      type: 'Feature',
      properties: n === '' ? { k } : { k, n },
      geometry: { type: 'MultiLineString', coordinates: joined.filter((line) => line.length > 1) },
    }
  })
}

function mainRoads(): void {
  const lines = features('roads/moscow-main-roads.geojson').flatMap(({ properties, geometry }) =>
    geometry.type === 'LineString'
      ? [{ k: String(properties['h']), n: String(properties['n'] ?? ''), line: geometry.coordinates }]
      : [],
  )
  write('roads', OSM, streets(lines, 3))
}

/** Streets below the main roads, from the drive graph: drawn only when the map is close. */
function minorRoads(): void {
  const { classes, names, nodes, edges } = read<Graph>('roads/moscow-drive-graph.json')
  const wanted = new Set(['living_street', 'residential', 'road', 'tertiary', 'tertiary_link', 'unclassified'])
  const lines = edges.flatMap(([from, to, kind, name, , , inner]) => {
    const k = classes[kind] ?? ''
    const start = nodes[from]
    const end = nodes[to]
    if (!wanted.has(k) || start === undefined || end === undefined) return []
    const line: Point[] = [[start[0], start[1]]]
    // The graph's own format: every inner vertex is a step of 1e-5 degrees from the one before it.
    let [lon, lat] = [start[0], start[1]]
    for (let index = 0; index + 1 < inner.length; index += 2) {
      lon += (inner[index] ?? 0) / 1e5
      lat += (inner[index + 1] ?? 0) / 1e5
      line.push([lon, lat])
    }
    line.push([end[0], end[1]])
    return [{ k: k.startsWith('tertiary') ? 'tertiary' : 'minor', n: names[name] ?? '', line }]
  })
  write('streets', OSM, streets(lines, 5))
}

function towns(): readonly Feature[] {
  type Town = { name: string; lat: number; lon: number; expected: string }
  const towns = read<Town[]>('geo/boundary-points.json').filter(
    ({ name }) => !/Кремль|аэропорт|\(SVO|\(DME|\(ZIA/.test(name),
  )
  const list = towns.map(
    ({ name, lat, lon }): Feature => ({
      type: 'Feature',
      properties: { n: name.replace(/ \(.*\)$/, ''), rank: 2 },
      geometry: { type: 'Point', coordinates: [lon, lat] },
    }),
  )
  const known = new Set(list.map(({ properties }) => properties['n']))
  for (const item of features('geo/oblast-naturalearth-water-places.geojson')) {
    const n = RUSSIAN[String(item.properties['n'])]
    if (item.properties['k'] !== 'place' || n === undefined || known.has(n)) continue
    const rank = n === 'Москва' ? 0 : 1
    list.push({ type: 'Feature', properties: { n, rank }, geometry: item.geometry })
  }
  return list
}

/** Natural Earth writes Latin names only. */
const RUSSIAN: Readonly<Record<string, string>> = {
  'Orekhovo-Zuevo': 'Орехово-Зуево',
  Klin: 'Клин',
  'Sergiyev Posad': 'Сергиев Посад',
  Kolomna: 'Коломна',
  Kimry: 'Кимры',
  Kaluga: 'Калуга',
  Yegoryevsk: 'Егорьевск',
  Podolsk: 'Подольск',
  Solnechnogorsk: 'Солнечногорск',
  Noginsk: 'Ногинск',
  Serpukhov: 'Серпухов',
  Tula: 'Тула',
  Vladimir: 'Владимир',
  Tver: 'Тверь',
  Ryazan: 'Рязань',
  Moscow: 'Москва',
}

borders()
water()
mainRoads()
minorRoads()
write('places', 'Natural Earth', towns())
