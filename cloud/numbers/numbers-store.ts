import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { Schedule } from '../leases/schedule.ts'
import type { ParkId } from '../parks/park.ts'
import type { ArrearsForecastRow } from '../postgres/ledger-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type NumbersStore = ReturnType<typeof createNumbersStore>

/** A running lease with what is at stake in it. */
export type Stake = {
  readonly leaseId: LeaseId
  readonly parkId: ParkId
  readonly vehicleId: VehicleId
  readonly plate: string
  readonly schedule: Schedule
  readonly marketValueKopecks: number | null
  /** Of the price, so far. */
  readonly paidKopecks: number
  /** When the vehicle was last heard of. */
  readonly heardAt: EpochMs | null
}

export type PartyMoney = {
  readonly leaseId: LeaseId
  readonly driverId: DriverId
  readonly name: string
  readonly main: boolean
  readonly kopecks: number | null
  readonly asOf: EpochMs | null
  readonly chargedKopecks: number
}

const inParks = (parks: ParksInSight, column: string) =>
  parks === 'all'
    ? sql`true`
    : parks.length === 0
      ? sql`false`
      : sql`${sql.ref(column)} in (${sql.join(parks.map((park) => sql`${park}::uuid`))})`

/** What the numbers of the morning are computed from, and the forecasts kept to be held against what came. */
export function createNumbersStore(db: Db) {
  return {
    stakes: async (parks: ParksInSight): Promise<readonly Stake[]> =>
      (
        await sql<Stake>`select l.id as lease_id, l.park_id, l.vehicle_id, v.plate, l.schedule, l.market_value_kopecks,
          coalesce((select kopecks from ledger_accounts a where a.code = 'buyout:' || l.id), 0) as paid_kopecks,
          k.read_at as heard_at
        from leases l join vehicles v on v.id = l.vehicle_id left join last_known k on k.vehicle_id = l.vehicle_id
        where l.state in ('active', 'returning') and ${inParks(parks, 'l.park_id')}`.execute(db)
      ).rows,
    /** Drivers of running leases, and what each was charged since. */
    parties: async (parks: ParksInSight, chargedSince: EpochMs): Promise<readonly PartyMoney[]> =>
      (
        await sql<PartyMoney>`select p.lease_id, p.driver_id, p.main, b.kopecks, b.as_of,
          d.family_name || ' ' || d.given_name as name,
          coalesce((select -sum(e.kopecks) from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
            where e.account = 'driver:' || p.driver_id and t.kind = 'charge' and t.at >= ${chargedSince}), 0)::bigint as charged_kopecks
        from leases l join lease_parties p on p.lease_id = l.id and p.until_at is null
          join drivers d on d.id = p.driver_id left join balances b on b.driver_id = p.driver_id
        where l.state in ('active', 'returning') and ${inParks(parks, 'l.park_id')}`.execute(db)
      ).rows,
    /** What came in for each driver on each day of Moscow since, by day. */
    credits: async (drivers: readonly DriverId[], since: EpochMs) => {
      if (drivers.length === 0) return []
      const accounts = drivers.map((driver) => `driver:${driver}`)
      const found = await sql<{ driverId: DriverId; day: number; kopecks: number }>`
        select a.driver_id, ((t.at - ${since}) / 86400000)::int as day, sum(e.kopecks)::bigint as kopecks
        from ledger_entries e join ledger_transactions t on t.id = e.transaction_id join ledger_accounts a on a.code = e.account
        where e.account in (${sql.join(accounts)}) and t.kind = 'top-up' and t.at >= ${since}
        group by a.driver_id, 2`.execute(db)
      return found.rows
    },
    platesOf: async (parks: ParksInSight): Promise<ReadonlyMap<VehicleId, string>> => {
      const found = await sql<{ id: VehicleId; plate: string }>`select id, plate from vehicles
        where ${inParks(parks, 'park_id')}`.execute(db)
      return new Map(found.rows.map(({ id, plate }) => [id, plate]))
    },
    /** Those whose gateway is in contact and was sealed by a technician, who has seen its relay work. */
    fitGateways: async (parks: ParksInSight): Promise<ReadonlySet<VehicleId>> => {
      const found = await sql<{ id: VehicleId }>`select v.id from vehicles v join gateways g on g.vehicle_id = v.id
        where g.online and g.sealed_by is not null and g.revoked_at is null and ${inParks(parks, 'v.park_id')}`.execute(
        db,
      )
      return new Set(found.rows.map(({ id }) => id))
    },
    parks: async (): Promise<readonly ParkId[]> =>
      (await db.selectFrom('parks').select('id').orderBy('id').execute()).map(({ id }) => id),
    /** Of a day there is one forecast a park: the first. */
    keepForecast: (row: ArrearsForecastRow) =>
      db
        .insertInto('arrearsForecasts')
        .values(row)
        .onConflict((conflict) => conflict.columns(['parkId', 'madeOn']).doNothing())
        .execute(),
    /** Once, and not while fewer balances are known than when it was foretold: what nobody knows is no zero. */
    setActual: (parkId: ParkId, forDay: Day, came: { readonly kopecks: number; readonly unknown: number }) =>
      db
        .updateTable('arrearsForecasts')
        .set({ actualKopecks: came.kopecks })
        .where('parkId', '=', parkId)
        .where('forDay', '=', forDay)
        .where('actualKopecks', 'is', null)
        .where('unknown', '>=', came.unknown)
        .execute(),
    forecastsMadeOn: async (parks: ParksInSight, day: Day): Promise<readonly ArrearsForecastRow[]> =>
      (
        await sql<ArrearsForecastRow>`select * from arrears_forecasts where made_on = ${day}
          and ${inParks(parks, 'park_id')}`.execute(db)
      ).rows,
  }
}
