import { sql } from 'kysely'
import type { Fix, GnssTrust } from '#contract/frame.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type FleetStore = {
  /** Every vehicle in sight that was ever heard of, by id, as it stands now; of an unchanged one the same object as before. */
  places(query: FleetQuery): Promise<readonly FleetPlace[]>
}
export type FleetQuery = {
  readonly parks: ParksInSight
  readonly after?: VehicleId | undefined
  readonly limit: number
}

/** As the map needs it; null = not known. `lat`, `lon` and `placeAt` are of the newest trusted place. */
export type FleetPlace = {
  readonly vehicleId: VehicleId
  readonly plate: string
  readonly parkId: string
  readonly source: GatewayId
  readonly readAt: EpochMs
  readonly lat: number | null
  readonly lon: number | null
  readonly accuracyM: number | null
  readonly placeAt: EpochMs | null
  readonly speedKmh: number | null
  readonly headingDeg: number | null
  readonly ignition: boolean | null
  readonly fix: Fix
  readonly trust: GnssTrust
}

/** What was read, and where in the life of which server. */
type Fleet = { mark: Mark | null; places: Map<VehicleId, FleetPlace> }
type Mark = { readonly server: string; readonly seen: number }
type Found = { readonly mark: Mark; readonly total: number; readonly changed: readonly FleetPlace[] }

/**
 * Remembers what it has read, and asks the database each time for the rows that were written since: for the answer to be the
 * one of this moment, whichever instance wrote, nobody has to tell it anything.
 */
export function createFleetStore(db: Db): FleetStore {
  let fleet = nobody()
  let reading: Promise<unknown> = Promise.resolve()
  let next: Promise<Fleet> | undefined
  const read = async (): Promise<Fleet> => {
    if (followed(fleet, await changedSince(db, fleet.mark))) return fleet
    const anew = nobody()
    followed(anew, await changedSince(db, null))
    fleet = anew
    return fleet
  }
  // Two answers that cross would bring back an older place: one is read at a time, and who comes meanwhile has the next one.
  const newest = (): Promise<Fleet> => {
    next ??= reading.then(() => {
      next = undefined
      const begun = read()
      reading = begun.catch(() => {})
      return begun
    })
    return next
  }
  return {
    places: async ({ parks, after, limit }) => {
      if (parks.length === 0) return []
      const { places } = await newest()
      const seen = parks === 'all' ? undefined : new Set(parks)
      const page: FleetPlace[] = []
      for (const place of places.values()) {
        if (page.length === limit) break
        if (after !== undefined && place.vehicleId <= after) continue
        if (seen === undefined || seen.has(place.parkId)) page.push(place)
      }
      return page
    },
  }
}

const nobody = (): Fleet => ({ mark: null, places: new Map() })

/** Takes in what has changed; false where what was read before tells nothing of what is there now. */
function followed(fleet: Fleet, { mark, total, changed }: Found): boolean {
  if (fleet.mark !== null && !follows(mark, fleet.mark)) return false
  const before = fleet.places.size
  for (const place of changed) fleet.places.set(place.vehicleId, place)
  // Who came is among the changed, who went is not: only with nobody gone are there as many as there should be.
  if (fleet.places.size !== total) return false
  if (total > before) fleet.places = new Map([...fleet.places].sort(([a], [b]) => (a < b ? -1 : 1)))
  fleet.mark = mark
  return true
}

/** Numbers of transactions come round again after 2^32, and those of a restored database begin anew. */
const follows = (now: Mark, before: Mark): boolean =>
  now.server === before.server && now.seen >= before.seen && now.seen - before.seen < 2 ** 30

/**
 * Each version of a row carries the number of the transaction that wrote it (`xmin`). What was visible to an earlier snapshot
 * was written before the oldest transaction that ran then (`pg_snapshot_xmin`); everything else is younger.
 */
async function changedSince(db: Db, mark: Mark | null): Promise<Found> {
  const seen = mark === null ? null : String(mark.seen)
  const young = (table: 'last_known' | 'vehicles') => sql`age(${sql.ref(table)}.xmin) <= age(${seen}::text::xid8::xid)`
  const changed = mark === null ? sql`true` : sql`(${young('last_known')} or ${young('vehicles')})`
  const { rows } = await sql<{ server: string; seen: string; total: number; places: string | null }>`
    select pg_postmaster_start_time()::text as server, pg_snapshot_xmin(pg_current_snapshot())::text as seen,
      (select count(*)::int from last_known join vehicles on vehicles.id = vehicle_id) as total,
      (select '[' || concat_ws(',', ${sql.join(COLUMNS)}) || ']' from (
        select vehicle_id, plate, park_id, gateway_id, read_at, place_lat, place_lon, place_accuracy_m, place_at, frame
        from last_known join vehicles on vehicles.id = vehicle_id where ${changed}) as fleet
        having count(*) > 0) as places`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('a select of constants has one row')
  const { server, total, places } = row
  return {
    mark: { server, seen: Number(row.seen) },
    total,
    changed: places === null ? [] : placesOf(JSON.parse(places)),
  }
}

/**
 * JSON by hand, a list for each column: ten thousand rows of fourteen cells, or ten thousand pieces of JSON made by the
 * database's own functions, take twice the time. Ids and words of ours need no quoting.
 */
const numbers = (cell: string) => sql.raw<string>(`'[' || string_agg(coalesce(${cell}, 'null'), ',') || ']'`)
const words = (cell: string) => sql.raw<string>(`'["' || string_agg(${cell}, '","') || '"]'`)
const COLUMNS = [
  words('vehicle_id::text'),
  sql.raw<string>('json_agg(plate)::text'),
  words('park_id::text'),
  words('gateway_id'),
  ...['read_at', 'place_lat', 'place_lon', 'place_accuracy_m', 'place_at'].map((name) => numbers(`${name}::text`)),
  ...['speedKmh', 'headingDeg', 'ignition'].map((name) => numbers(`frame->>'${name}'`)),
  words(`coalesce(frame->>'fix', 'none')`),
  // What cannot be read is not trusted.
  words(`coalesce(frame->>'gnssTrust', 'suspect')`),
]
type Columns = readonly [
  ...[readonly VehicleId[], readonly string[], readonly string[], readonly GatewayId[], readonly EpochMs[]],
  ...[Numbers, Numbers, Numbers, readonly (EpochMs | null)[], Numbers, Numbers],
  ...[readonly (boolean | null)[], readonly Fix[], readonly GnssTrust[]],
]
type Numbers = readonly (number | null)[]

function placesOf(columns: Columns): readonly FleetPlace[] {
  const [ids, plates, parks, sources, readAts, lats, lons, accuracies, placeAts, speeds, headings, ...more] = columns
  const [ignitions, fixes, trusts] = more
  const places: FleetPlace[] = []
  for (let row = 0; row < ids.length; row += 1) {
    const vehicleId = ids[row]
    const plate = plates[row]
    const parkId = parks[row]
    const source = sources[row]
    const readAt = readAts[row]
    const fix = fixes[row]
    const trust = trusts[row]
    if (vehicleId === undefined || plate === undefined || source === undefined || readAt === undefined) continue
    if (parkId === undefined || fix === undefined || trust === undefined) continue
    places.push({
      vehicleId,
      plate,
      parkId,
      source,
      readAt,
      lat: lats[row] ?? null,
      lon: lons[row] ?? null,
      accuracyM: accuracies[row] ?? null,
      placeAt: placeAts[row] ?? null,
      speedKmh: speeds[row] ?? null,
      headingDeg: headings[row] ?? null,
      ignition: ignitions[row] ?? null,
      fix,
      trust,
    })
  }
  return places
}
