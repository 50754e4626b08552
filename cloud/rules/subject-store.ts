import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { LeaseId } from '../leases/lease.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { answerable } from '../shifts/shift.ts'
import type { LeaseOnLine } from './lease-scope.ts'

export type LeaseParts = {
  readonly leaseId: LeaseId
  readonly vehicleId: VehicleId
  readonly plate: string
  readonly model: string
  /** In the order they joined. */
  readonly drivers: readonly DriverId[]
}

export type HeldForDebt = Omit<LeaseParts, 'leaseId'> & {
  readonly driverId: DriverId
  readonly leaseId: LeaseId | null
}

export type SubjectStore = ReturnType<typeof createSubjectStore>

/** Whom rules are about, and what the house's own tables know of them: a few statements for a whole fleet. */
export function createSubjectStore(db: Db) {
  const partiesOf = (leases: readonly LeaseId[]) =>
    leases.length === 0
      ? Promise.resolve([])
      : db
          .selectFrom('leaseParties')
          .select(['leaseId', 'driverId', 'main', 'fromAt'])
          .where('untilAt', 'is', null)
          .where('leaseId', 'in', leases)
          .orderBy('fromAt')
          .execute()
  return {
    /** Leases in these states; of one vehicle or one driver when asked so. */
    leasesIn: async (
      states: readonly LeaseOnLine[],
      only: {
        readonly vehicleId?: VehicleId | undefined
        readonly driverId?: DriverId | undefined
        readonly leaseId?: string | undefined
      },
    ): Promise<readonly LeaseParts[]> => {
      let found = db
        .selectFrom('leases')
        .innerJoin('vehicles', 'vehicles.id', 'leases.vehicleId')
        .select(['leases.id', 'leases.vehicleId', 'vehicles.plate', 'vehicles.model'])
        .where('leases.state', 'in', states)
      const { vehicleId, driverId, leaseId } = only
      if (vehicleId !== undefined) found = found.where('leases.vehicleId', '=', vehicleId)
      if (leaseId !== undefined)
        found = found.where((where) => where(where.cast<string>('leases.id', 'text'), '=', leaseId))
      if (driverId !== undefined)
        found = found.where('leases.id', 'in', (of) =>
          of.selectFrom('leaseParties').select('leaseId').where('driverId', '=', driverId).where('untilAt', 'is', null),
        )
      const leases = await found.orderBy('leases.id').execute()
      const parties = Map.groupBy(await partiesOf(leases.map(({ id }) => id)), ({ leaseId: id }) => id)
      return leases.map(({ id, vehicleId: of, plate, model }) => ({
        leaseId: id,
        vehicleId: of,
        plate,
        model,
        drivers: (parties.get(id) ?? []).map((party) => party.driverId),
      }))
    },
    /** Each driver for whose debt a vehicle is held, or was since then; `drivers`: of the lease that runs now, none without one. */
    heldForDebt: async (
      only: { readonly vehicleId?: VehicleId | undefined; readonly driverId?: DriverId | undefined },
      since: EpochMs,
    ): Promise<readonly HeldForDebt[]> => {
      const { vehicleId, driverId } = only
      let found = db
        .selectFrom('holds')
        .innerJoin('vehicles', 'vehicles.id', 'holds.vehicleId')
        .leftJoin('leases', (join) =>
          join.onRef('leases.vehicleId', '=', 'holds.vehicleId').on('leases.state', 'in', ['active', 'returning']),
        )
        .select(['holds.vehicleId', 'holds.key', 'vehicles.plate', 'vehicles.model', 'leases.id as leaseId'])
        .distinct()
        .where((or) => or.or([or('holds.liftedAt', 'is', null), or('holds.liftedAt', '>=', since)]))
        .where('holds.reason', '=', 'balance')
      if (vehicleId !== undefined) found = found.where('holds.vehicleId', '=', vehicleId)
      if (driverId !== undefined) found = found.where('holds.key', '=', driverId)
      const holds = await found.orderBy('holds.vehicleId').orderBy('holds.key').execute()
      const parties = Map.groupBy(
        await partiesOf(holds.flatMap(({ leaseId }) => leaseId ?? [])),
        ({ leaseId }): string | null => leaseId,
      )
      return holds.flatMap(({ key, ...hold }): HeldForDebt[] => {
        const debtor = DriverId.safeParse(key).data
        if (debtor === undefined) return []
        return [
          { ...hold, driverId: debtor, drivers: (parties.get(hold.leaseId) ?? []).map((party) => party.driverId) },
        ]
      })
    },
    vehicles: (only: VehicleId | undefined) => {
      const found = db.selectFrom('vehicles').select(['id', 'plate', 'model']).orderBy('id')
      return (only === undefined ? found : found.where('id', '=', only)).execute()
    },
    drivers: (only: DriverId | undefined) => {
      const found = db.selectFrom('drivers').select('id').where('state', 'in', ['active', 'paused']).orderBy('id')
      return (only === undefined ? found : found.where('id', '=', only)).execute()
    },
    /** Standing reasons of each vehicle. */
    holds: async (vehicles: readonly VehicleId[]) => {
      if (vehicles.length === 0) return new Map<VehicleId, { readonly reason: string; readonly key: string }[]>()
      const rows = await db
        .selectFrom('holds')
        .select(['vehicleId', 'reason', 'key'])
        .where('liftedAt', 'is', null)
        .where('vehicleId', 'in', vehicles)
        .execute()
      return Map.groupBy(rows, ({ vehicleId }) => vehicleId)
    },
    balances: async (drivers: readonly DriverId[]) => {
      if (drivers.length === 0) return new Map<DriverId, { readonly kopecks: number; readonly asOf: EpochMs }>()
      const rows = await db
        .selectFrom('balances')
        .select(['driverId', 'kopecks', 'asOf'])
        .where('driverId', 'in', drivers)
        .execute()
      return new Map(rows.map((row) => [row.driverId, row]))
    },
    /** Drivers with a promise to pay that still runs. */
    promises: async (drivers: readonly DriverId[], now: EpochMs): Promise<ReadonlySet<DriverId>> => {
      if (drivers.length === 0) return new Set()
      const rows = await db
        .selectFrom('paymentPromises')
        .select('driverId')
        .where('state', '=', 'open')
        .where('untilAt', '>', now)
        .where('driverId', 'in', drivers)
        .execute()
      return new Set(rows.map(({ driverId }) => driverId))
    },
    /** When each driver last broke a promise; those who never did are not in it. */
    brokenPromises: async (drivers: readonly DriverId[]): Promise<ReadonlyMap<DriverId, EpochMs>> => {
      if (drivers.length === 0) return new Map()
      const rows = await db
        .selectFrom('paymentPromises')
        .select(['driverId', (of) => of.fn.max('settledAt').as('at')])
        .where('state', '=', 'broken')
        .where('driverId', 'in', drivers)
        .groupBy('driverId')
        .execute()
      return new Map(rows.flatMap(({ driverId, at }) => (at === null ? [] : [[driverId, at] as const])))
    },
    /** Who answers for each vehicle now; a vehicle of which nobody is known to is not in it. */
    shifts: async (vehicles: readonly VehicleId[]) => {
      if (vehicles.length === 0) return new Map<VehicleId, { readonly driverId: DriverId; readonly since: EpochMs }>()
      const leases = await db
        .selectFrom('leases')
        .select(['id', 'vehicleId'])
        .where('state', 'in', ['active', 'returning'])
        .where('vehicleId', 'in', vehicles)
        .execute()
      const parties = Map.groupBy(await partiesOf(leases.map(({ id }) => id)), ({ leaseId }) => leaseId)
      const open = await db
        .selectFrom('shifts')
        .select(['vehicleId', 'driverId', 'openedAt'])
        .where('closedAt', 'is', null)
        .where('vehicleId', 'in', vehicles)
        .execute()
      const openOf = new Map(open.map((shift) => [shift.vehicleId, shift]))
      return new Map(
        leases.flatMap(({ id, vehicleId }) => {
          const found = answerable(parties.get(id) ?? [], openOf.get(vehicleId))
          return found === undefined ? [] : [[vehicleId, found] as const]
        }),
      )
    },
  }
}
