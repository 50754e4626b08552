import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { IdleWordRow, VehicleStandingRow } from '../postgres/standing-tables.ts'
import type { IdleFacts, SaidReason, Standing } from './idle.ts'

export type IdleStore = ReturnType<typeof createIdleStore>

export type VehicleFacts = IdleFacts & {
  readonly vehicleId: VehicleId
  readonly createdAt: EpochMs
  readonly standing: Standing | null
  readonly since: EpochMs | null
}

type FactRow = Omit<VehicleFacts, 'papers' | 'holds'> & {
  readonly holds: readonly HoldReason[] | null
  readonly valid: number
  readonly ended: number
}

/** What the reason is decided from, the history of reasons, and what people have said. */
export function createIdleStore(db: Db) {
  return {
    /** Of these vehicles, or of the next ones by id. */
    facts: async (
      which: { readonly ids: readonly VehicleId[] } | { readonly after: VehicleId | undefined; readonly limit: number },
      now: EpochMs,
      today: Day,
    ): Promise<readonly VehicleFacts[]> => {
      if ('ids' in which && which.ids.length === 0) return []
      const wish =
        'ids' in which
          ? sql`v.id in (${sql.join(which.ids)})`
          : which.after === undefined
            ? sql`true`
            : sql`v.id > ${which.after}::uuid`
      const limit = 'ids' in which ? which.ids.length : which.limit
      const found = await sql<FactRow>`
        select v.id as "vehicleId", v.created_at as "createdAt", w.reason as said, s.standing, s.from_at as since,
          exists (select from inspection_visits i where i.vehicle_id = v.id and i.state = 'arrived') as "atStation",
          exists (select from leases l where l.vehicle_id = v.id and l.state in ('active', 'returning')) as leased,
          case when exists (select from graces g where g.vehicle_id = v.id and g.ended_at is null and g.until_at > ${now})
            then null
            else (select jsonb_agg(distinct h.reason) from holds h where h.vehicle_id = v.id and h.lifted_at is null)
          end as holds,
          coalesce(p.valid, 0)::int as valid, coalesce(p.known - p.valid, 0)::int as ended, k.read_at as "heardAt"
        from vehicles v
        left join vehicle_idle_words w on w.vehicle_id = v.id
        left join vehicle_standings s on s.vehicle_id = v.id and s.until_at is null
        left join last_known k on k.vehicle_id = v.id
        left join lateral (
          select count(distinct kind) as known, count(distinct kind) filter (where valid_until >= ${today}) as valid
          from papers where vehicle_id = v.id and withdrawn_at is null
        ) p on true
        where ${wish} order by v.id limit ${limit}`.execute(db)
      return found.rows.map(({ holds, valid, ended, ...row }) => ({
        ...row,
        holds: holds ?? [],
        papers: { valid, ended },
      }))
    },
    /** Ends the open row and begins the next, if nobody has done so meanwhile. */
    change: async (vehicle: VehicleId, was: Standing | null, standing: Standing, at: EpochMs): Promise<boolean> => {
      if (was !== null) {
        const ended = await db
          .updateTable('vehicleStandings')
          .set({ untilAt: at })
          .where('vehicleId', '=', vehicle)
          .where('untilAt', 'is', null)
          .where('standing', '=', was)
          .where('fromAt', '<', at)
          .returning('vehicleId')
          .execute()
        if (ended.length === 0) return false
      }
      const added = await db
        .insertInto('vehicleStandings')
        .values({ vehicleId: vehicle, standing, fromAt: at, untilAt: null, note: '' })
        .onConflict((conflict) => conflict.doNothing())
        .returning('vehicleId')
        .execute()
      return added.length > 0
    },
    openOf: async (vehicles: readonly VehicleId[]): Promise<readonly VehicleStandingRow[]> =>
      vehicles.length === 0
        ? []
        : db
            .selectFrom('vehicleStandings')
            .selectAll()
            .where('vehicleId', 'in', vehicles)
            .where('untilAt', 'is', null)
            .execute(),
    /** Newest first. */
    historyOf: (vehicle: VehicleId, limit: number, before?: EpochMs): Promise<readonly VehicleStandingRow[]> => {
      const query = db.selectFrom('vehicleStandings').selectAll().where('vehicleId', '=', vehicle)
      return (before === undefined ? query : query.where('fromAt', '<', before))
        .orderBy('fromAt', 'desc')
        .limit(limit)
        .execute()
    },
    /** Everything that touches this time, of the vehicles of these parks. */
    stretches: async (
      parks: ParksInSight,
      { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
    ): Promise<readonly VehicleStandingRow[]> => {
      if (parks.length === 0) return []
      let query = db
        .selectFrom('vehicleStandings')
        .innerJoin('vehicles', 'vehicles.id', 'vehicleStandings.vehicleId')
        .selectAll('vehicleStandings')
        .where('fromAt', '<', to)
        .where((or) => or.or([or('untilAt', 'is', null), or('untilAt', '>', from)]))
      if (parks !== 'all')
        query = query.where(
          'vehicles.parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      return query.orderBy('fromAt').execute()
    },
    wordOf: (vehicle: VehicleId): Promise<IdleWordRow | undefined> =>
      db.selectFrom('vehicleIdleWords').selectAll().where('vehicleId', '=', vehicle).executeTakeFirst(),
    say: async (vehicleId: VehicleId, reason: SaidReason, note: string, byName: string, at: EpochMs): Promise<void> => {
      const row = { vehicleId, reason, note, byName, at }
      await db
        .insertInto('vehicleIdleWords')
        .values(row)
        .onConflict((conflict) => conflict.column('vehicleId').doUpdateSet(row))
        .execute()
    },
    takeBack: (vehicle: VehicleId) => db.deleteFrom('vehicleIdleWords').where('vehicleId', '=', vehicle).execute(),
  }
}
