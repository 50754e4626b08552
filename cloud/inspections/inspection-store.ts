import { type SqlBool, sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import type { InspectionPlanRow, InspectionVisitRow } from '../postgres/upkeep-tables.ts'
import type { StationId, VisitId } from './inspection.ts'
import type { Hours, Taken } from './slot.ts'

export type InspectionStore = ReturnType<typeof createInspectionStore>

export type Station = Hours & {
  readonly id: StationId
  readonly parkId: ParkId
  readonly name: string
  readonly address: string
  readonly closedAt: EpochMs | null
}

export type PlanLine = InspectionPlanRow & {
  readonly plate: string
  readonly model: string
  readonly visitId: VisitId | null
  readonly slotAt: EpochMs | null
  readonly stationName: string | null
}

type PlanQuery = {
  readonly parks: ParksInSight
  readonly q?: string | undefined
  readonly vehicles?: readonly VehicleId[]
}

/** Plans of vehicles, stations with their hours, and visits. */
export function createInspectionStore(db: Db) {
  const visits = () => db.selectFrom('inspectionVisits').selectAll()
  const ahead = () => visits().where('state', 'in', ['booked', 'arrived'])
  return {
    /** Locked until the transaction ends: visits of one vehicle follow each other. */
    lockedPlan: (vehicle: VehicleId): Promise<InspectionPlanRow | undefined> =>
      db.selectFrom('inspectionPlans').selectAll().where('vehicleId', '=', vehicle).forUpdate().executeTakeFirst(),
    plansOf: async (vehicles: readonly VehicleId[]): Promise<readonly InspectionPlanRow[]> =>
      vehicles.length === 0
        ? []
        : db.selectFrom('inspectionPlans').selectAll().where('vehicleId', 'in', vehicles).execute(),
    /** Every vehicle that has a plan, with the visit ahead. */
    lines: async ({ parks, q, vehicles }: PlanQuery): Promise<readonly PlanLine[]> => {
      if (parks.length === 0 || vehicles?.length === 0) return []
      const wishes = [
        sql<SqlBool>`true`,
        ...(parks === 'all' ? [] : [sql<SqlBool>`v.park_id in (${sql.join(parks.map((park) => ParkId.parse(park)))})`]),
        ...(vehicles === undefined ? [] : [sql<SqlBool>`v.id in (${sql.join(vehicles)})`]),
        ...(q === undefined ? [] : [sql<SqlBool>`v.plate || ' ' || v.model ilike ${anywhere(q)}`]),
      ]
      const found = await sql<PlanLine>`
        select p.vehicle_id as "vehicleId", p.step_km as "stepKm", p.step_days as "stepDays", p.due_km as "dueKm",
          p.due_on as "dueOn", p.postponed, p.last_done_km as "lastDoneKm", p.last_done_on as "lastDoneOn", p.version,
          v.plate, v.model, n.id as "visitId", n.slot_at as "slotAt", s.name as "stationName"
        from inspection_plans p join vehicles v on v.id = p.vehicle_id
        left join inspection_visits n on n.vehicle_id = v.id and n.state in ('booked', 'arrived')
        left join inspection_stations s on s.id = n.station_id
        where ${sql.join(wishes, sql` and `)} order by v.plate, v.id`.execute(db)
      return found.rows
    },
    savePlan: (row: InspectionPlanRow) =>
      db
        .insertInto('inspectionPlans')
        .values(row)
        .onConflict((conflict) => conflict.column('vehicleId').doUpdateSet(row))
        .execute(),

    stations: async (parks: ParksInSight): Promise<readonly Station[]> => {
      if (parks.length === 0) return []
      let query = db.selectFrom('inspectionStations').selectAll().where('closedAt', 'is', null)
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      return query.orderBy('name').execute()
    },
    station: (id: StationId): Promise<Station | undefined> =>
      db.selectFrom('inspectionStations').selectAll().where('id', '=', id).executeTakeFirst(),
    stationNamed: (parkId: ParkId, name: string): Promise<Station | undefined> =>
      db
        .selectFrom('inspectionStations')
        .selectAll()
        .where('parkId', '=', parkId)
        .where('name', '=', name)
        .executeTakeFirst(),
    saveStation: (station: Station) => {
      const row = { ...station, weekdays: JSON.stringify(station.weekdays) }
      return db
        .insertInto('inspectionStations')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
    },

    visit: (id: VisitId): Promise<InspectionVisitRow | undefined> => visits().where('id', '=', id).executeTakeFirst(),
    visitAhead: (vehicle: VehicleId): Promise<InspectionVisitRow | undefined> =>
      ahead().where('vehicleId', '=', vehicle).executeTakeFirst(),
    visitsOf: (vehicle: VehicleId, limit: number): Promise<readonly InspectionVisitRow[]> =>
      visits().where('vehicleId', '=', vehicle).orderBy('slotAt', 'desc').limit(limit).execute(),
    /** Visits of a day's work, earliest first. */
    visitsAt: (station: StationId, from: EpochMs, until: EpochMs): Promise<readonly InspectionVisitRow[]> =>
      visits()
        .where('stationId', '=', station)
        .where('slotAt', '>=', from)
        .where('slotAt', '<', until)
        .orderBy('slotAt')
        .orderBy('box')
        .execute(),
    taken: (station: StationId, from: EpochMs, until: EpochMs): Promise<readonly Taken[]> =>
      db
        .selectFrom('inspectionVisits')
        .select(['slotAt', 'box'])
        .where('stationId', '=', station)
        .where('state', 'in', ['booked', 'arrived', 'done'])
        .where('slotAt', '>=', from)
        .where('slotAt', '<', until)
        .execute(),
    /** Booked for before that moment, and nobody has come. */
    missedBefore: (moment: EpochMs, limit: number): Promise<readonly InspectionVisitRow[]> =>
      visits().where('state', '=', 'booked').where('slotAt', '<', moment).orderBy('slotAt').limit(limit).execute(),
    /** False when that box is taken or the vehicle has a visit ahead already. */
    insertVisit: async (row: InspectionVisitRow): Promise<boolean> => {
      const added = await db
        .insertInto('inspectionVisits')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .execute()
      return added.length > 0
    },
    updateVisit: (row: InspectionVisitRow) =>
      db.updateTable('inspectionVisits').set(row).where('id', '=', row.id).execute(),
  }
}
