import { sql } from 'kysely'
import type { GatewayId } from '#contract/ids.ts'
import { floating } from '../postgres/column.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { History, HistoryFrame } from './history.ts'
import { MONTHS_LOCK, type Month, monthOf } from './month.ts'
import { readPackedFrames } from './packed-frames.ts'

const ROWS_PER_STATEMENT = 1000
type Sql = Pick<Postgres, 'db' | 'inTransaction'>

/** History in the SQL database, a table for each month: for an installation without a time-series database. */
export function createFrameStore(postgres: Sql): History & { forgetMonths(): void } {
  const { db } = postgres
  const months = new Set<string>()
  const prepare = async (frames: readonly HistoryFrame[]): Promise<void> => {
    for (const { frame } of frames) {
      const month = monthOf(frame.readAt)
      if (month === undefined || months.has(month.name)) continue
      await addMonth(postgres, month)
      months.add(month.name)
    }
  }
  return {
    /** A month has been dropped: look again before the next write. */
    forgetMonths: () => months.clear(),
    write: async (frames) => {
      await prepare(frames)
      for (let from = 0; from < frames.length; from += ROWS_PER_STATEMENT)
        await insert(db, frames.slice(from, from + ROWS_PER_STATEMENT))
    },
    track: async (vehicleId, from, to) => {
      const { rows } = await sql<{ gatewayId: GatewayId; packed: string }>`
        select gateway_id, encode(string_agg(packed, ''::bytea order by read_at, stream, seq), 'base64') as packed
        from frames where vehicle_id = ${vehicleId}::uuid and read_at >= ${from} and read_at < ${to}
        group by gateway_id`.execute(db)
      return rows.flatMap(({ gatewayId, packed }) => readPackedFrames(Buffer.from(packed, 'base64'), gatewayId))
    },
  }
}

/** Makes the month's table unless it is there; two instances may come at once. */
async function addMonth({ db, inTransaction }: Sql, { name, from, to }: Month): Promise<void> {
  const table = `frames_${name}`
  const found = await sql`select 1 from pg_class where relname = ${table}`.execute(db)
  if (found.rows.length > 0) return
  await inTransaction(async (within) => {
    await sql`select pg_advisory_xact_lock(${MONTHS_LOCK}::bigint)`.execute(within)
    await sql`create table if not exists ${sql.table(table)} partition of frames
      for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(within)
  })
}

/** One statement for all rows: each column is one array parameter, twice as fast as a list of VALUES. */
async function insert(db: Db, frames: readonly HistoryFrame[]): Promise<void> {
  const column = <Value>(pick: (frame: HistoryFrame) => Value | undefined) => frames.map((frame) => pick(frame) ?? null)
  const real = (pick: (frame: HistoryFrame) => number | undefined) => frames.map((frame) => floating(pick(frame)))
  await sql`insert into frames (gateway_id, stream, seq, vehicle_id, read_at, time_quality, lat, lon, accuracy_m,
      satellites, fix, speed_kmh, heading_deg, altitude_m, ignition, odometer_km, engine_hours, supply_volt, motion,
      gnss_trust, relay, backfill)
    select * from unnest(
      ${column(({ gateway }) => gateway)}::text[], ${column(({ stream }) => stream)}::uuid[],
      ${column(({ seq }) => seq)}::bigint[], ${column(({ vehicleId }) => vehicleId)}::uuid[],
      ${column(({ frame }) => frame.readAt)}::bigint[], ${column(({ frame }) => frame.timeQuality)}::text[],
      ${real(({ frame }) => frame.lat)}::float8[], ${real(({ frame }) => frame.lon)}::float8[],
      ${real(({ frame }) => frame.accuracyM)}::float8[], ${column(({ frame }) => frame.satellites)}::smallint[],
      ${column(({ frame }) => frame.fix)}::text[], ${real(({ frame }) => frame.speedKmh)}::float8[],
      ${real(({ frame }) => frame.headingDeg)}::float8[], ${real(({ frame }) => frame.altitudeM)}::real[],
      ${column(({ frame }) => frame.ignition)}::boolean[], ${real(({ frame }) => frame.odometerKm)}::float8[],
      ${real(({ frame }) => frame.engineHours)}::float8[], ${real(({ frame }) => frame.supplyVolt)}::real[],
      ${column(({ frame }) => frame.motion)}::boolean[], ${column(({ frame }) => frame.gnssTrust)}::text[],
      ${column(({ frame }) => frame.relay)}::text[], ${column(({ frame }) => frame.backfill === true)}::boolean[])
    on conflict do nothing`.execute(db)
}
