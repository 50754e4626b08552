import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { LeasePartyRow, LeaseRow, LeaseStepRow } from '../postgres/lease-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { LeaseId, LeaseState } from './lease.ts'

export type LeaseStore = ReturnType<typeof createLeaseStore>

export type LeaseQuery = {
  readonly parks: ParksInSight
  readonly state?: LeaseState | undefined
  readonly driverId?: DriverId | undefined
  readonly vehicleId?: VehicleId | undefined
  readonly limit: number
  readonly before?: number | undefined
}

const RUNNING = ['active', 'returning'] as const

/** Leases and who is on them. */
export function createLeaseStore(db: Db) {
  const all = () => db.selectFrom('leases').selectAll()
  const values = ({ schedule, buyout, ...row }: Omit<LeaseRow, 'number'>) => ({
    ...row,
    schedule: JSON.stringify(schedule),
    buyout: buyout === null ? null : JSON.stringify(buyout),
  })
  return {
    find: (id: LeaseId): Promise<LeaseRow | undefined> => all().where('id', '=', id).executeTakeFirst(),
    findLocked: (id: LeaseId): Promise<LeaseRow | undefined> =>
      all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
    /** The running lease of each vehicle that is under one. */
    runningOf: async (vehicles: readonly VehicleId[]): Promise<readonly LeaseRow[]> =>
      vehicles.length === 0 ? [] : all().where('vehicleId', 'in', vehicles).where('state', 'in', RUNNING).execute(),
    runningLocked: (vehicle: VehicleId): Promise<LeaseRow | undefined> =>
      all().where('vehicleId', '=', vehicle).where('state', 'in', RUNNING).forNoKeyUpdate().executeTakeFirst(),
    runningOfDriver: async (driver: DriverId): Promise<readonly LeaseRow[]> =>
      all()
        .where('state', 'in', RUNNING)
        .where(
          'id',
          'in',
          db.selectFrom('leaseParties').select('leaseId').where('driverId', '=', driver).where('untilAt', 'is', null),
        )
        .orderBy('number')
        .execute(),
    /** The vehicles of their running leases. */
    vehiclesOfDrivers: async (drivers: readonly DriverId[]): Promise<readonly VehicleId[]> => {
      if (drivers.length === 0) return []
      const rows = await db
        .selectFrom('leases')
        .innerJoin('leaseParties', 'leaseParties.leaseId', 'leases.id')
        .select('leases.vehicleId')
        .distinct()
        .where('leases.state', 'in', RUNNING)
        .where('leaseParties.driverId', 'in', drivers)
        .where('leaseParties.untilAt', 'is', null)
        .execute()
      return rows.map(({ vehicleId }) => vehicleId)
    },
    /** Running ones with a day to be charged, the longest overdue first. */
    chargeable: async (now: EpochMs, limit: number): Promise<readonly LeaseId[]> =>
      (
        await db
          .selectFrom('leases')
          .select('id')
          .where('state', 'in', RUNNING)
          .where('nextChargeAt', '<=', now)
          .orderBy('nextChargeAt')
          .limit(limit)
          .execute()
      ).map(({ id }) => id),
    /** Newest first. */
    list: async ({ parks, state, driverId, vehicleId, before, limit }: LeaseQuery): Promise<readonly LeaseRow[]> => {
      if (parks.length === 0) return []
      let query = all()
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      if (state !== undefined) query = query.where('state', '=', state)
      if (vehicleId !== undefined) query = query.where('vehicleId', '=', vehicleId)
      if (driverId !== undefined)
        query = query.where(
          'id',
          'in',
          db.selectFrom('leaseParties').select('leaseId').where('driverId', '=', driverId),
        )
      if (before !== undefined) query = query.where('number', '<', before)
      return query.orderBy('number', 'desc').limit(limit).execute()
    },
    insert: async (row: Omit<LeaseRow, 'number'>): Promise<void> => {
      await db.insertInto('leases').values(values(row)).execute()
    },
    update: async ({ number: _, ...row }: LeaseRow): Promise<void> => {
      await db.updateTable('leases').set(values(row)).where('id', '=', row.id).execute()
    },

    /** Those who are on it now, the main one first. */
    partiesOf: async (leases: readonly LeaseId[]): Promise<readonly LeasePartyRow[]> =>
      leases.length === 0
        ? []
        : db
            .selectFrom('leaseParties')
            .selectAll()
            .where('leaseId', 'in', leases)
            .where('untilAt', 'is', null)
            .orderBy('main', 'desc')
            .orderBy('fromAt')
            .orderBy('driverId')
            .execute(),
    /** Also those whose time is over. */
    everyPartyOf: (leaseId: LeaseId): Promise<readonly LeasePartyRow[]> =>
      db
        .selectFrom('leaseParties')
        .selectAll()
        .where('leaseId', '=', leaseId)
        .orderBy('main', 'desc')
        .orderBy('fromAt')
        .execute(),
    /** The given ones are on it from now on; the others' time ends. */
    setParties: async (
      leaseId: LeaseId,
      parties: readonly Pick<LeasePartyRow, 'driverId' | 'main'>[],
      at: EpochMs,
    ): Promise<void> => {
      const now = db.selectFrom('leaseParties').selectAll().where('leaseId', '=', leaseId).where('untilAt', 'is', null)
      const before = await now.execute()
      const same = (one: Pick<LeasePartyRow, 'driverId' | 'main'>, other: Pick<LeasePartyRow, 'driverId' | 'main'>) =>
        one.driverId === other.driverId && one.main === other.main
      for (const party of before.filter((party) => !parties.some((wanted) => same(wanted, party)))) {
        const row = db.updateTable('leaseParties').set({ untilAt: at })
        await row
          .where('leaseId', '=', leaseId)
          .where('driverId', '=', party.driverId)
          .where('fromAt', '=', party.fromAt)
          .execute()
      }
      const added = parties.filter((party) => !before.some((known) => same(known, party)))
      for (const { driverId, main } of added) {
        // Twice within a millisecond: the row that has just ended goes on.
        await db
          .insertInto('leaseParties')
          .values({ leaseId, driverId, main, fromAt: at, untilAt: null })
          .onConflict((conflict) =>
            conflict.columns(['leaseId', 'driverId', 'fromAt']).doUpdateSet({ main, untilAt: null }),
          )
          .execute()
      }
    },
    addStep: (step: LeaseStepRow) =>
      db
        .insertInto('leaseSteps')
        .values(step)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    stepsOf: (leaseId: LeaseId): Promise<readonly LeaseStepRow[]> =>
      db.selectFrom('leaseSteps').selectAll().where('leaseId', '=', leaseId).orderBy('at').execute(),
    /** A double's places on leases become another driver's; where both are on one lease the double's ends. */
    moveDriver: async (from: DriverId, into: DriverId, at: EpochMs): Promise<void> => {
      const own = await db
        .selectFrom('leaseParties')
        .selectAll()
        .where('driverId', '=', from)
        .where('untilAt', 'is', null)
        .execute()
      for (const { leaseId, main } of own) {
        const both = await db
          .selectFrom('leaseParties')
          .selectAll()
          .where('leaseId', '=', leaseId)
          .where('untilAt', 'is', null)
          .execute()
        const others = both.filter(({ driverId }) => driverId !== from && driverId !== into)
        const kept = both.find(({ driverId }) => driverId === into)
        await createLeaseStore(db).setParties(
          leaseId,
          [...others, { driverId: into, main: main || kept?.main === true }],
          at,
        )
      }
      await sql`update shifts set driver_id = ${into} where driver_id = ${from} and closed_at is null`.execute(db)
    },
  }
}
