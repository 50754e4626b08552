import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import type { LeaseId, ShiftId } from '../leases/lease.ts'
import { ParkId } from '../parks/park.ts'
import type { ShiftRow } from '../postgres/lease-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type ShiftStore = ReturnType<typeof createShiftStore>

export type ShiftQuery = {
  readonly parks: ParksInSight
  readonly vehicleId?: VehicleId | undefined
  readonly driverId?: DriverId | undefined
  readonly leaseId?: LeaseId | undefined
  readonly open?: 'yes' | 'no' | undefined
  readonly limit: number
  readonly after?: Pick<ShiftRow, 'openedAt' | 'id'> | undefined
}

/** Who drove which vehicle, from when to when; of one vehicle at most one shift is open. */
export function createShiftStore(db: Db) {
  const all = () => db.selectFrom('shifts').selectAll()
  return {
    openOf: async (vehicles: readonly VehicleId[]): Promise<readonly ShiftRow[]> =>
      vehicles.length === 0 ? [] : all().where('vehicleId', 'in', vehicles).where('closedAt', 'is', null).execute(),
    openOfDriver: async (driver: DriverId): Promise<readonly ShiftRow[]> =>
      all().where('driverId', '=', driver).where('closedAt', 'is', null).execute(),
    /** Of a lease, open at any time between the two moments. */
    within: async (lease: LeaseId, from: EpochMs, until: EpochMs): Promise<readonly ShiftRow[]> =>
      all()
        .where('leaseId', '=', lease)
        .where('openedAt', '<', until)
        .where((or) => or.or([or('closedAt', 'is', null), or('closedAt', '>', from)]))
        .orderBy('openedAt')
        .execute(),
    /** When the last shift of a vehicle ended. */
    lastClosed: async (vehicle: VehicleId): Promise<EpochMs | null> =>
      (
        await all()
          .where('vehicleId', '=', vehicle)
          .orderBy('closedAt', 'desc')
          .where('closedAt', 'is not', null)
          .limit(1)
          .executeTakeFirst()
      )?.closedAt ?? null,
    insert: (row: ShiftRow) => db.insertInto('shifts').values(row).execute(),
    close: (id: ShiftId, closedAt: EpochMs, closedBy: string) =>
      db.updateTable('shifts').set({ closedAt, closedBy }).where('id', '=', id).where('closedAt', 'is', null).execute(),
    /** Newest first. */
    list: async (query: ShiftQuery): Promise<readonly ShiftRow[]> => {
      const { parks, vehicleId, driverId, leaseId, open, after, limit } = query
      if (parks.length === 0) return []
      let found = all()
      if (parks !== 'all')
        found = found.where(
          'leaseId',
          'in',
          db
            .selectFrom('leases')
            .select('id')
            .where(
              'parkId',
              'in',
              parks.map((park) => ParkId.parse(park)),
            ),
        )
      if (vehicleId !== undefined) found = found.where('vehicleId', '=', vehicleId)
      if (driverId !== undefined) found = found.where('driverId', '=', driverId)
      if (leaseId !== undefined) found = found.where('leaseId', '=', leaseId)
      if (open !== undefined) found = found.where('closedAt', open === 'yes' ? 'is' : 'is not', null)
      if (after !== undefined)
        found = found.where((or) =>
          or.or([
            or('openedAt', '<', after.openedAt),
            or.and([or('openedAt', '=', after.openedAt), or('id', '<', after.id)]),
          ]),
        )
      return found.orderBy('openedAt', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
  }
}
