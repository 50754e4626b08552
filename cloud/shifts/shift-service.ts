import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Clerk } from '../drivers/clerk.ts'
import type { DriverId } from '../drivers/driver.ts'
import { Fault } from '../http/fault.ts'
import { ShiftId } from '../leases/lease.ts'
import type { LeaseStore } from '../leases/lease-store.ts'
import { type NamesFor, type ShiftView, shiftView } from '../leases/lease-view.ts'
import type { LeasingEvent } from '../leases/leasing-event.ts'
import { isInSight } from '../parks/park.ts'
import type { ShiftRow } from '../postgres/lease-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import type { ShiftQuery, ShiftStore } from './shift-store.ts'

export type ShiftService = ReturnType<typeof createShiftService>

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly leaseStore: (db: Db) => Pick<LeaseStore, 'runningLocked' | 'partiesOf'>
    readonly shiftStore: (db: Db) => ShiftStore
    readonly namesFor: NamesFor
    /** Within the transaction: told once it has committed. */
    readonly emit: (db: Db, events: readonly LeasingEvent[]) => Promise<void>
    readonly changed: (vehicle: VehicleId) => void
  }

const Place = z.strictObject({ openedAt: z.int().brand<'EpochMs'>(), id: ShiftId })

/** Who is on shift in a vehicle of a running lease. */
export function createShiftService(deps: Deps) {
  const viewsOf = async (rows: readonly ShiftRow[]): Promise<readonly ShiftView[]> => {
    const names = await deps.namesFor(
      rows.map(({ vehicleId }) => vehicleId),
      rows.map(({ driverId }) => driverId),
    )
    return rows.map((row) => shiftView(row, names))
  }
  const end = async (db: Db, shift: ShiftRow, by: string, at: EpochMs): Promise<void> => {
    await deps.shiftStore(db).close(shift.id, at, by)
    const { vehicleId, leaseId, driverId } = shift
    await deps.emit(db, [{ name: 'shift.closed', vehicleId, leaseId, driverId, at }])
  }

  return {
    /** Within the transaction of whatever ends it. */
    end,
    /** Whoever was on shift until now is relieved. Faults: vehicle/unknown, shift/no-lease, shift/not-a-party. */
    open: async (vehicleId: VehicleId, driverId: DriverId, by: Clerk): Promise<ShiftView> => {
      const shift = await deps.inTransaction(async (db) => {
        const lease = await deps.leaseStore(db).runningLocked(vehicleId)
        if (lease === undefined || !isInSight(by.parks, lease.parkId)) throw new Fault('shift/no-lease')
        const parties = await deps.leaseStore(db).partiesOf([lease.id])
        if (!parties.some((party) => party.driverId === driverId)) throw new Fault('shift/not-a-party')
        const at = deps.clock.now()
        const [open] = await deps.shiftStore(db).openOf([vehicleId])
        if (open?.driverId === driverId) return open
        if (open !== undefined) await end(db, open, by.name, at)
        const id = ShiftId.parse(deps.uuid())
        const row = {
          id,
          leaseId: lease.id,
          vehicleId,
          driverId,
          openedAt: at,
          openedBy: by.name,
          closedAt: null,
          closedBy: null,
        }
        await deps.shiftStore(db).insert(row)
        await deps.emit(db, [{ name: 'shift.opened', vehicleId, leaseId: lease.id, driverId, at }])
        return row
      })
      deps.changed(vehicleId)
      const [opened] = await viewsOf([shift])
      if (opened === undefined) throw new Fault('shift/no-lease')
      return opened
    },
    /** Faults: shift/no-lease, shift/none-open. */
    close: async (vehicleId: VehicleId, by: Clerk): Promise<ShiftView> => {
      const shift = await deps.inTransaction(async (db) => {
        const lease = await deps.leaseStore(db).runningLocked(vehicleId)
        if (lease === undefined || !isInSight(by.parks, lease.parkId)) throw new Fault('shift/no-lease')
        const [open] = await deps.shiftStore(db).openOf([vehicleId])
        if (open === undefined) throw new Fault('shift/none-open')
        const at = deps.clock.now()
        await end(db, open, by.name, at)
        return { ...open, closedAt: at, closedBy: by.name }
      })
      deps.changed(vehicleId)
      const [closed] = await viewsOf([shift])
      if (closed === undefined) throw new Fault('shift/none-open')
      return closed
    },
    /** Newest first. Faults: list/bad-cursor. */
    list: async (query: Omit<ShiftQuery, 'after'> & { readonly cursor?: string | undefined }) => {
      const { limit, cursor } = query
      const rows = await deps.shiftStore(deps.db).list({ ...query, limit: limit + 1, after: placeFrom(Place, cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      const nextCursor = last === undefined ? null : cursorFrom({ openedAt: last.openedAt, id: last.id })
      return { items: await viewsOf(page), nextCursor }
    },
  }
}
