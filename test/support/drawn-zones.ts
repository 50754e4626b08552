import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { DrawnZone } from '../../cloud/zones/zone-map.ts'
import { seededRandom } from './seeded-random.ts'

/** The street of the load's cars (`frameOf`): no zone lies on it, some lie beside it. */
const STREET = 37.618423
const BESIDE = 0.0005

/** Car parks all over a city, each of sixteen ragged corners, 100 to 400 m wide; every twentieth one right beside the street. */
export function drawnZones(count: number): readonly DrawnZone[] {
  const random = seededRandom(11, 'drawn zones')
  return Array.from({ length: count }, (_, index) => {
    const reach = 0.001 + random() * 0.003
    const lon = index % 20 === 0 ? STREET + reach + BESIDE : 37.2 + random() * 0.41
    const lat = 55.5 + random() * 0.42
    const corners = Array.from({ length: 16 }, (_, corner): [number, number] => {
      const angle = (2 * Math.PI * corner) / 16
      const at = reach * (0.6 + 0.4 * random())
      return [lon + at * Math.cos(angle), lat + at * 0.56 * Math.sin(angle)]
    })
    const ring = [...corners, corners[0] ?? [lon, lat]]
    return {
      id: randomUUID(),
      kind: 'parking',
      name: `Парковка ${index + 1}`,
      parkId: null,
      geometry: { type: 'Polygon', coordinates: [ring] },
    } satisfies DrawnZone
  })
}

/** Puts them into a migrated database, as if somebody had drawn them. */
export async function seedZones(databaseUrl: string, zones: readonly DrawnZone[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `insert into zones (id, kind, name, geometry, version, changed_at, changed_by)
     select id, 'parking', name, geometry, 1, 0, 'load' from unnest($1::uuid[], $2::text[], $3::jsonb[]) as z (id, name, geometry)`,
    [zones.map(({ id }) => id), zones.map(({ name }) => name), zones.map(({ geometry }) => JSON.stringify(geometry))],
  )
  await client.end()
}
