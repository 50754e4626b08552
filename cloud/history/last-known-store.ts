import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import { floating } from '../postgres/column.ts'
import type { LastKnownRow } from '../postgres/history-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { LastKnown } from './last-known.ts'
import { TRACKER_PREFIX } from './source.ts'

export type LastKnownStore = {
  /** Keeps what is newer than what it has, frame and place each for itself; older ones change nothing. */
  keepNewest(candidates: readonly LastKnown[]): Promise<void>
  of(vehicles: readonly VehicleId[]): Promise<readonly LastKnown[]>
}

/** One row per vehicle. */
export function createLastKnownStore(db: Db): LastKnownStore {
  return {
    keepNewest: async (candidates) => {
      if (candidates.length === 0) return
      const column = <Value>(pick: (one: LastKnown) => Value | undefined) => candidates.map((one) => pick(one) ?? null)
      const real = (pick: (one: LastKnown) => number | null | undefined) => candidates.map((one) => floating(pick(one)))
      // The same words for any number of vehicles: a list of VALUES is made and read anew for each.
      await sql`insert into last_known (vehicle_id, gateway_id, stream, seq, read_at, frame, place_lat, place_lon, place_accuracy_m, place_at)
        select vehicle_id, gateway_id, stream, seq, read_at, frame::jsonb, place_lat, place_lon, place_accuracy_m, place_at
        from unnest(${column(({ vehicleId }) => vehicleId)}::uuid[], ${column(({ gateway }) => gateway)}::text[],
          ${column(({ stream }) => stream)}::uuid[], ${column(({ seq }) => seq)}::bigint[],
          ${column(({ frame }) => frame.readAt)}::bigint[], ${column(({ frame }) => JSON.stringify(frame))}::text[],
          ${real(({ place }) => place?.lat)}::float8[], ${real(({ place }) => place?.lon)}::float8[],
          ${real(({ place }) => place?.accuracyM)}::real[], ${column(({ place }) => place?.at)}::bigint[])
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
  }
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
