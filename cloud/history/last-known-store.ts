import { sql } from 'kysely'
import type { Fix, GnssTrust } from '#contract/frame.ts'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { LastKnownRow } from '../postgres/history-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { LastKnown } from './last-known.ts'
import { TRACKER_PREFIX } from './source.ts'

export type LastKnownStore = {
  /** Keeps what is newer than what it has, frame and place each for itself; older ones change nothing. */
  keepNewest(candidates: readonly LastKnown[]): Promise<void>
  of(vehicles: readonly VehicleId[]): Promise<readonly LastKnown[]>
  /** Every vehicle in sight that was ever heard of, by id. */
  fleet(query: FleetQuery): Promise<readonly FleetPlace[]>
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

/** One row per vehicle. */
export function createLastKnownStore(db: Db): LastKnownStore {
  return {
    keepNewest: async (candidates) => {
      if (candidates.length === 0) return
      const column = <Value>(pick: (one: LastKnown) => Value | undefined) => candidates.map((one) => pick(one) ?? null)
      // The same words for any number of vehicles: a list of VALUES is made and read anew for each.
      await sql`insert into last_known (vehicle_id, gateway_id, stream, seq, read_at, frame, place_lat, place_lon, place_accuracy_m, place_at)
        select vehicle_id, gateway_id, stream, seq, read_at, frame::jsonb, place_lat, place_lon, place_accuracy_m, place_at
        from unnest(${column(({ vehicleId }) => vehicleId)}::uuid[], ${column(({ gateway }) => gateway)}::text[],
          ${column(({ stream }) => stream)}::uuid[], ${column(({ seq }) => seq)}::bigint[],
          ${column(({ frame }) => frame.readAt)}::bigint[], ${column(({ frame }) => JSON.stringify(frame))}::text[],
          ${column(({ place }) => place?.lat)}::float8[], ${column(({ place }) => place?.lon)}::float8[],
          ${column(({ place }) => place?.accuracyM)}::real[], ${column(({ place }) => place?.at)}::bigint[])
          as heard (vehicle_id, gateway_id, stream, seq, read_at, frame, place_lat, place_lon, place_accuracy_m, place_at)
        on conflict (vehicle_id) do update set ${sql.join([...newerFrame(), ...newerPlace()])}`.execute(db)
    },
    of: async (vehicles) => {
      if (vehicles.length === 0) return []
      const rows = await db
        .selectFrom('lastKnown')
        .selectAll()
        .where('vehicleId', 'in', [...vehicles])
        .execute()
      return rows.map(knownOf)
    },
    fleet: async ({ parks, after, limit }) => {
      if (parks.length === 0) return []
      const inSight = parks === 'all' ? sql`true` : sql`park_id = any(${[...parks]}::uuid[])`
      const behind = after === undefined ? sql`true` : sql`vehicle_id > ${after}::uuid`
      const { rows } = await sql<{
        places: string
      }>`select '[' || concat_ws(',', ${sql.join(FLEET_COLUMNS)}) || ']' as places
        from (
          select vehicle_id, plate, gateway_id, read_at, place_lat, place_lon, place_accuracy_m, place_at, frame
          from last_known join vehicles on vehicles.id = vehicle_id
          where ${inSight} and ${behind} order by vehicle_id limit ${limit}) as fleet
        having count(*) > 0`.execute(db)
      return rows.flatMap(({ places }) => fleetPlaces(JSON.parse(places)))
    },
  }
}

/**
 * JSON by hand, a list for each column: ten thousand rows of thirteen cells, or ten thousand pieces of JSON made by the
 * database's own functions, take twice the time. Ids and words of ours need no quoting.
 */
const numbers = (cell: string) => sql.raw<string>(`'[' || string_agg(coalesce(${cell}, 'null'), ',') || ']'`)
const words = (cell: string) => sql.raw<string>(`'["' || string_agg(${cell}, '","') || '"]'`)
const FLEET_COLUMNS = [
  words('vehicle_id::text'),
  sql.raw<string>('json_agg(plate)::text'),
  words('gateway_id'),
  ...['read_at', 'place_lat', 'place_lon', 'place_accuracy_m', 'place_at'].map((name) => numbers(`${name}::text`)),
  ...['speedKmh', 'headingDeg', 'ignition'].map((name) => numbers(`frame->>'${name}'`)),
  words(`coalesce(frame->>'fix', 'none')`),
  // What cannot be read is not trusted.
  words(`coalesce(frame->>'gnssTrust', 'suspect')`),
]
type FleetColumns = readonly [
  ...[readonly VehicleId[], readonly string[], readonly GatewayId[], readonly EpochMs[]],
  ...[Numbers, Numbers, Numbers, readonly (EpochMs | null)[], Numbers, Numbers],
  ...[readonly (boolean | null)[], readonly Fix[], readonly GnssTrust[]],
]
type Numbers = readonly (number | null)[]

function fleetPlaces(columns: FleetColumns): readonly FleetPlace[] {
  const [ids, plates, sources, readAts, lats, lons, accuracies, placeAts, speeds, headings, ignitions, ...more] =
    columns
  const [fixes, trusts] = more
  const places: FleetPlace[] = []
  for (let row = 0; row < ids.length; row += 1) {
    const vehicleId = ids[row]
    const plate = plates[row]
    const source = sources[row]
    const readAt = readAts[row]
    const fix = fixes[row]
    const trust = trusts[row]
    if (vehicleId === undefined || plate === undefined || source === undefined || readAt === undefined) continue
    if (fix === undefined || trust === undefined) continue
    places.push({
      vehicleId,
      plate,
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

const when = (column: string, newer: ReturnType<typeof sql<boolean>>) =>
  sql`${sql.ref(column)} = case when ${newer} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`last_known.${column}`)} end`

const TRACKERS = `${TRACKER_PREFIX}%`
const SILENCE_MS = 15 * 60_000

/** A phone may walk away from the car: it speaks for the vehicle only after its own gateway has been silent. */
const believed = (column: 'read_at' | 'place_at') => sql<boolean>`(excluded.gateway_id not like ${TRACKERS}
  or last_known.gateway_id like ${TRACKERS}
  or ${sql.ref(`excluded.${column}`)} > ${sql.ref(`last_known.${column}`)} + ${sql.lit(SILENCE_MS)})`

function newerFrame() {
  const newer = sql<boolean>`excluded.read_at >= last_known.read_at and ${believed('read_at')}`
  return ['gateway_id', 'stream', 'seq', 'frame', 'read_at'].map((column) => when(column, newer))
}

function newerPlace() {
  const newer = sql<boolean>`excluded.place_at is not null and (last_known.place_at is null
    or (excluded.place_at >= last_known.place_at and ${believed('place_at')}))`
  return ['place_lat', 'place_lon', 'place_accuracy_m', 'place_at'].map((column) => when(column, newer))
}

type Selected = Omit<LastKnownRow, 'frame'> & { readonly frame: LastKnown['frame'] }

function knownOf(row: Selected): LastKnown {
  const { placeLat: lat, placeLon: lon, placeAccuracyM: accuracyM, placeAt: at } = row
  return {
    vehicleId: row.vehicleId,
    gateway: row.gatewayId,
    stream: row.stream,
    seq: row.seq,
    frame: row.frame,
    place: lat === null || lon === null || at === null ? null : { lat, lon, accuracyM, at },
  }
}
