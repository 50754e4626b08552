import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { MileageDayRow, MileageDueRow } from '../postgres/mileage-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { DayValue } from './ledger.ts'

export type LedgerStore = ReturnType<typeof createLedgerStore>
export type DueDay = Pick<MileageDueRow, 'vehicleId' | 'day'>
export type Mark = Pick<MileageDueRow, 'vehicleId' | 'day' | 'dueAt'>
export type DayRevision = DayValue & Pick<MileageDayRow, 'day' | 'revision' | 'reason' | 'computedAt'>

/** After so long another instance takes up what one has begun and not ended. */
const CLAIM = minutes(5)

export function createLedgerStore(db: Db) {
  const revisions = () => db.selectFrom('mileageDays').selectAll()
  return {
    /** These days are to be counted (anew); the earlier of two times holds. */
    mark: async (marks: readonly Mark[]): Promise<void> => {
      if (marks.length === 0) return
      await sql`insert into mileage_due (vehicle_id, day, due_at, version)
        select *, 1 from unnest(${marks.map(({ vehicleId }) => vehicleId)}::uuid[],
          ${marks.map(({ day }) => day)}::text[], ${marks.map(({ dueAt }) => dueAt)}::bigint[])
        on conflict (vehicle_id, day) do update
          set version = mileage_due.version + 1, due_at = least(mileage_due.due_at, excluded.due_at)`.execute(db)
    },
    /** Marks the nearest later day of the vehicle that is known, if any: it goes on from where this one ends. */
    markNext: async (vehicleId: VehicleId, day: Day, dueAt: EpochMs): Promise<void> => {
      await sql`insert into mileage_due (vehicle_id, day, due_at, version)
        select ${vehicleId}::uuid, next, ${dueAt}::bigint, 1 from (
          select min(day) as next from (
            select day from mileage_days where vehicle_id = ${vehicleId}::uuid and day > ${day}
            union all select day from mileage_due where vehicle_id = ${vehicleId}::uuid and day > ${day}) as later
        ) as nearest where next is not null
        on conflict (vehicle_id, day) do update set version = mileage_due.version + 1,
          due_at = case when exists (select 1 from mileage_days
              where mileage_days.vehicle_id = excluded.vehicle_id and mileage_days.day = excluded.day)
            then least(mileage_due.due_at, excluded.due_at) else mileage_due.due_at end`.execute(db)
    },
    /** Takes up to `limit` days that are due, the earliest first; no other instance gets them for five minutes. */
    claim: async (now: EpochMs, limit: number): Promise<readonly DueDay[]> => {
      const { rows } = await sql<DueDay>`update mileage_due set due_at = ${later(now, CLAIM)}
        where (vehicle_id, day) in (select vehicle_id, day from mileage_due where due_at <= ${now}
          order by day, vehicle_id limit ${limit} for update skip locked)
        returning vehicle_id, day`.execute(db)
      return rows.toSorted((a, b) => (a.day < b.day ? -1 : 1))
    },
    /** The newest mark of a day; undefined when it is not due. */
    versionOf: async (vehicleId: VehicleId, day: Day): Promise<number | undefined> => {
      const row = await db
        .selectFrom('mileageDue')
        .select('version')
        .where('vehicleId', '=', vehicleId)
        .where('day', '=', day)
        .executeTakeFirst()
      return row?.version
    },
    /** Not due any more, unless it was marked again since `version`. */
    settle: ({ vehicleId, day }: DueDay, version: number) =>
      db
        .deleteFrom('mileageDue')
        .where('vehicleId', '=', vehicleId)
        .where('day', '=', day)
        .where('version', '=', version)
        .execute(),
    dueDays: async (vehicleId: VehicleId, from: Day, to: Day): Promise<readonly Day[]> => {
      const rows = await db
        .selectFrom('mileageDue')
        .select('day')
        .where('vehicleId', '=', vehicleId)
        .where('day', '>=', from)
        .where('day', '<=', to)
        .execute()
      return rows.map(({ day }) => day)
    },
    newest: async (vehicleId: VehicleId, day: Day): Promise<DayRevision | undefined> =>
      revisions()
        .where('vehicleId', '=', vehicleId)
        .where('day', '=', day)
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst(),
    /** Where the count stood at the end of the nearest earlier day that has a value. */
    carryBefore: async (vehicleId: VehicleId, day: Day): Promise<string | undefined> => {
      const row = await db
        .selectFrom('mileageDays')
        .select('carry')
        .where('vehicleId', '=', vehicleId)
        .where('day', '<', day)
        .orderBy('day', 'desc')
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.carry
    },
    /** Answers whether it was written: false when another instance was first. */
    add: async (row: Omit<MileageDayRow, 'gaps'> & Pick<DayValue, 'gaps'>): Promise<boolean> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('mileageDays')
        .values({ ...row, gaps: JSON.stringify(row.gaps) })
        .onConflict((it) => it.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    /** Kilometres of a usual day: the mean of the days counted since then. A vehicle with fewer than three is absent. */
    paceOf: async (vehicles: readonly VehicleId[], from: Day): Promise<ReadonlyMap<VehicleId, number>> => {
      if (vehicles.length === 0) return new Map()
      const { rows } = await sql<{
        vehicleId: VehicleId
        km: number
      }>`select vehicle_id as "vehicleId", avg(km) as km from (
          select distinct on (vehicle_id, day) vehicle_id, day, km from mileage_days
          where vehicle_id = any(${vehicles}::uuid[]) and day >= ${from}
          order by vehicle_id, day, revision desc) as newest
        group by vehicle_id having count(*) >= 3`.execute(db)
      return new Map(rows.map(({ vehicleId, km }) => [vehicleId, km]))
    },
    /** Every revision of the days asked for, by day and revision. */
    between: (vehicleId: VehicleId, from: Day, to: Day): Promise<DayRevision[]> =>
      revisions()
        .where('vehicleId', '=', vehicleId)
        .where('day', '>=', from)
        .where('day', '<=', to)
        .orderBy('day')
        .orderBy('revision')
        .execute(),
  }
}
