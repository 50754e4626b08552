import { sql } from 'kysely'
import type { Db } from '../postgres/postgres-client.ts'
import type { History, HistoryFrame } from './history.ts'

const ROWS_PER_STATEMENT = 1000

/** History in the SQL database: for an installation without a time-series database. */
export function createFrameStore(db: Db): History {
  return {
    write: async (frames) => {
      for (let from = 0; from < frames.length; from += ROWS_PER_STATEMENT)
        await insert(db, frames.slice(from, from + ROWS_PER_STATEMENT))
    },
    track: async (vehicleId, from, to) => {
      const rows = await db
        .selectFrom('frames')
        .select(['readAt', 'lat', 'lon', 'accuracyM', 'speedKmh', 'headingDeg', 'ignition', 'motion', 'odometerKm'])
        .select(['fix', 'gnssTrust'])
        .where('vehicleId', '=', vehicleId)
        .where('readAt', '>=', from)
        .where('readAt', '<', to)
        .orderBy('readAt')
        .orderBy('seq')
        .execute()
      return rows.map(({ lat, lon, accuracyM, gnssTrust, ...row }) => ({
        ...row,
        position: lat === null || lon === null ? null : { lat, lon, accuracyM },
        trust: gnssTrust,
      }))
    },
  }
}

/** One statement for all rows: each column is one array parameter, twice as fast as a list of VALUES. */
async function insert(db: Db, frames: readonly HistoryFrame[]): Promise<void> {
  const column = <Value>(pick: (frame: HistoryFrame) => Value | undefined) => frames.map((frame) => pick(frame) ?? null)
  await sql`insert into frames (gateway_id, stream, seq, vehicle_id, read_at, time_quality, lat, lon, accuracy_m,
      satellites, fix, speed_kmh, heading_deg, altitude_m, ignition, odometer_km, engine_hours, supply_volt, motion,
      gnss_trust, relay, backfill)
    select * from unnest(
      ${column(({ gateway }) => gateway)}::text[], ${column(({ stream }) => stream)}::uuid[],
      ${column(({ seq }) => seq)}::bigint[], ${column(({ vehicleId }) => vehicleId)}::uuid[],
      ${column(({ frame }) => frame.readAt)}::bigint[], ${column(({ frame }) => frame.timeQuality)}::text[],
      ${column(({ frame }) => frame.lat)}::float8[], ${column(({ frame }) => frame.lon)}::float8[],
      ${column(({ frame }) => frame.accuracyM)}::real[], ${column(({ frame }) => frame.satellites)}::smallint[],
      ${column(({ frame }) => frame.fix)}::text[], ${column(({ frame }) => frame.speedKmh)}::real[],
      ${column(({ frame }) => frame.headingDeg)}::real[], ${column(({ frame }) => frame.altitudeM)}::real[],
      ${column(({ frame }) => frame.ignition)}::boolean[], ${column(({ frame }) => frame.odometerKm)}::float8[],
      ${column(({ frame }) => frame.engineHours)}::float8[], ${column(({ frame }) => frame.supplyVolt)}::real[],
      ${column(({ frame }) => frame.motion)}::boolean[], ${column(({ frame }) => frame.gnssTrust)}::text[],
      ${column(({ frame }) => frame.relay)}::text[], ${column(({ frame }) => frame.backfill === true)}::boolean[])
    on conflict do nothing`.execute(db)
}
