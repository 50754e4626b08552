import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { dayOf } from '../calendar/moscow-day.ts'
import type { ChargeService } from '../charges/charge-service.ts'
import type { Clerk } from '../drivers/clerk.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { DriverStore } from '../drivers/driver-store.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight } from '../parks/park.ts'
import type { LeaseRow } from '../postgres/lease-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { answerable } from '../shifts/shift.ts'
import type { ShiftService } from '../shifts/shift-service.ts'
import type { ShiftStore } from '../shifts/shift-store.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import { advance, type LeaseEvent, LeaseId, type LeaseState, troubleWith } from './lease.ts'
import type { LeaseQuery, LeaseStore } from './lease-store.ts'
import { type LeaseTerms, type LeaseWish, refuseRunning, wished } from './lease-terms.ts'
import { type LeaseView, leaseView, type NamesFor } from './lease-view.ts'
import type { LeasingEvent } from './leasing-event.ts'
import { firstChargeAt } from './schedule.ts'

export type LeaseService = ReturnType<typeof createLeaseService>

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly leaseStore: (db: Db) => LeaseStore
    readonly shiftStore: (db: Db) => Pick<ShiftStore, 'openOf'>
    readonly driverStore: (db: Db) => Pick<DriverStore, 'findAll'>
    readonly vehicleStore: (db: Db) => Pick<VehicleStore, 'findLocked'>
    readonly namesFor: NamesFor
    readonly charged: ChargeService['charged']
    readonly endShift: ShiftService['end']
    /** Within the transaction: told once it has committed. */
    readonly emit: (db: Db, events: readonly LeasingEvent[]) => Promise<void>
    readonly changed: (vehicle: VehicleId) => void
    /** Sentences that say why the vehicle is not handed out, or not handed back, now. */
    readonly hindrancesOf: (vehicle: VehicleId, step: 'handing-out' | 'handing-back') => Promise<readonly string[]>
  }

const Place = z.strictObject({ number: z.int() })

/** Leases from draft to end. */
export function createLeaseService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.leaseStore(deps.db)
  const viewsOf = async (rows: readonly LeaseRow[]): Promise<readonly LeaseView[]> => {
    const parties = await reading.partiesOf(rows.map(({ id }) => id))
    const names = await deps.namesFor(
      rows.map(({ vehicleId }) => vehicleId),
      parties.map(({ driverId }) => driverId),
    )
    return rows.map((row) => leaseView(row, parties, names))
  }
  const seen = (row: LeaseRow | undefined, parks: ParksInSight): LeaseRow => {
    if (row === undefined || !isInSight(parks, row.parkId)) throw new Fault('lease/unknown')
    return row
  }
  const view = async (id: LeaseId, parks: ParksInSight): Promise<LeaseView> => {
    const [found] = await viewsOf([seen(await reading.find(id), parks)])
    if (found === undefined) throw new Fault('lease/unknown')
    return found
  }
  const refuseTrouble = async (db: Db, terms: LeaseTerms, parkId: string): Promise<void> => {
    const trouble = troubleWith(terms)
    if (trouble !== undefined) throw new Fault('lease/terms', trouble)
    const known = await deps.driverStore(db).findAll(terms.drivers.map(({ driverId }) => driverId))
    if (known.length < terms.drivers.length || known.some((driver) => driver.parkId !== parkId))
      throw new Fault('lease/terms', 'a driver is not known in the park of this vehicle')
    if (known.some(({ state }) => state === 'merged' || state === 'left'))
      throw new Fault('lease/terms', 'a driver has left or was merged into another')
  }

  /** Looked at before the transaction: papers and holds are other slices' tables. */
  const refuseHindered = async ({ vehicleId, state }: LeaseRow, event: LeaseEvent, despite?: 'hindrances') => {
    const step = event === 'activate' ? 'handing-out' : event === 'close' ? 'handing-back' : undefined
    if (step === undefined || advance(state, event) === undefined) return
    const hindrances = await deps.hindrancesOf(vehicleId, step)
    if (hindrances.length > 0 && (step === 'handing-out' || despite === undefined))
      throw new Fault('lease/not-to-issue', hindrances.join('. '), { hindrances, step })
  }

  const step = async (db: Db, row: LeaseRow, by: Clerk, note: string, at: EpochMs): Promise<void> => {
    await deps.leaseStore(db).addStep({ leaseId: row.id, at, state: row.state, byId: by.id, byName: by.name, note })
    await deps.emit(db, [{ name: 'lease.changed', leaseId: row.id, vehicleId: row.vehicleId, state: row.state, at }])
  }
  /** The row in its next state, with all that belongs to the step. */
  const stepped = async (db: Db, lease: LeaseRow, state: LeaseState, by: Clerk, at: EpochMs): Promise<LeaseRow> => {
    switch (state) {
      case 'active': {
        if (lease.state === 'returning') return { ...lease, state, returningAt: null, parking: null }
        const [other] = await deps.leaseStore(db).runningOf([lease.vehicleId])
        if (other !== undefined) throw new Fault('lease/vehicle-taken', `lease ${other.number}`)
        const nextChargeAt = firstChargeAt(lease.schedule, lease.startsOn, at)
        return deps.charged(db, { ...lease, state, activatedAt: at, nextChargeAt }, at)
      }
      case 'returning':
        return { ...lease, state, returningAt: at }
      case 'closed': {
        let row = lease
        while (row.nextChargeAt !== null && row.nextChargeAt <= at) row = await deps.charged(db, row, at)
        for (const shift of await deps.shiftStore(db).openOf([lease.vehicleId]))
          await deps.endShift(db, shift, by.name, at)
        return { ...row, state, endedAt: at, nextChargeAt: null }
      }
      case 'cancelled':
        return { ...lease, state, endedAt: at }
      case 'draft':
        return lease
      default:
        return state satisfies never
    }
  }

  return {
    view,
    history: async (id: LeaseId, parks: ParksInSight) => {
      seen(await reading.find(id), parks)
      return reading.stepsOf(id)
    },
    /** Newest first. Faults: list/bad-cursor. */
    list: async (query: Omit<LeaseQuery, 'before'> & { readonly cursor?: string | undefined }) => {
      const { limit, cursor } = query
      const rows = await reading.list({ ...query, limit: limit + 1, before: placeFrom(Place, cursor)?.number })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: await viewsOf(page), nextCursor: last === undefined ? null : cursorFrom({ number: last.number }) }
    },
    /** A draft. Faults: vehicle/unknown, lease/terms. */
    add: async (terms: LeaseTerms & { readonly vehicleId: VehicleId }, by: Clerk): Promise<LeaseView> => {
      const id = LeaseId.parse(deps.uuid())
      await inTransaction(async (db) => {
        const vehicle = await deps.vehicleStore(db).findLocked(terms.vehicleId)
        if (vehicle === undefined || !isInSight(by.parks, vehicle.parkId)) throw new Fault('vehicle/unknown')
        await refuseTrouble(db, terms, vehicle.parkId)
        const at = clock.now()
        const { drivers, ...agreed } = terms
        await deps.leaseStore(db).insert({
          ...agreed,
          id,
          parkId: vehicle.parkId,
          state: 'draft',
          version: 1,
          createdAt: at,
          createdBy: by.name,
          activatedAt: null,
          returningAt: null,
          endedAt: null,
          parking: null,
          nextChargeAt: null,
        })
        await deps.leaseStore(db).setParties(id, drivers, at)
      })
      return view(id, by.parks)
    },
    /**
     * Of a running lease the plan and its first day stand, and no charged day becomes free. Faults: lease/unknown,
     * lease/changed, lease/wrong-state, lease/terms, lease/day-charged.
     */
    change: async (id: LeaseId, wish: LeaseWish & { readonly version: number }, by: Clerk): Promise<LeaseView> => {
      const vehicleId = await inTransaction(async (db) => {
        const store = deps.leaseStore(db)
        const lease = seen(await store.findLocked(id), by.parks)
        if (lease.version !== wish.version) throw new Fault('lease/changed')
        if (lease.state === 'closed' || lease.state === 'cancelled') throw new Fault('lease/wrong-state', lease.state)
        const terms = wished(lease, await store.partiesOf([id]), wish)
        await refuseTrouble(db, terms, lease.parkId)
        refuseRunning(lease, terms)
        const { drivers, ...agreed } = terms
        const next =
          lease.nextChargeAt === null || lease.activatedAt === null
            ? null
            : firstChargeAt(agreed.schedule, dayOf(lease.nextChargeAt), lease.activatedAt)
        await store.update({ ...lease, ...agreed, nextChargeAt: next, version: lease.version + 1 })
        await store.setParties(id, drivers, clock.now())
        // Who is no longer on the lease is not on shift either.
        for (const shift of await deps.shiftStore(db).openOf([lease.vehicleId]))
          if (shift.leaseId === id && !drivers.some(({ driverId }) => driverId === shift.driverId))
            await deps.endShift(db, shift, by.name, clock.now())
        await deps.emit(db, [
          { name: 'lease.changed', leaseId: id, vehicleId: lease.vehicleId, state: lease.state, at: clock.now() },
        ])
        return lease.vehicleId
      })
      deps.changed(vehicleId)
      return view(id, by.parks)
    },
    /**
     * Faults: lease/unknown, lease/wrong-state, lease/vehicle-taken, lease/terms when a return names no parking,
     * lease/not-to-issue with the sentences. `despite` ends a lease all the same: nobody pays on for a paper that is not his.
     */
    act: async (
      id: LeaseId,
      event: LeaseEvent,
      said: {
        readonly note: string
        readonly parking?: string | undefined
        readonly despite?: 'hindrances' | undefined
      },
      by: Clerk,
    ): Promise<LeaseView> => {
      await refuseHindered(seen(await reading.find(id), by.parks), event, said.despite)
      const vehicleId = await inTransaction(async (db) => {
        const store = deps.leaseStore(db)
        const known = seen(await store.find(id), by.parks)
        // The vehicle first: two leases of one vehicle become active one after the other.
        await deps.vehicleStore(db).findLocked(known.vehicleId)
        const lease = seen(await store.findLocked(id), by.parks)
        const state = advance(lease.state, event)
        if (state === undefined) throw new Fault('lease/wrong-state', `${lease.state} knows no ${event}`)
        const at = clock.now()
        const moved = await stepped(db, lease, state, by, at)
        const parking = said.parking ?? moved.parking
        if ((event === 'return' || event === 'close') && parking === null)
          throw new Fault('lease/terms', 'say on which parking the vehicle is left')
        const row = { ...moved, parking, version: lease.version + 1 }
        await store.update(row)
        await step(db, row, by, said.note, at)
        return lease.vehicleId
      })
      deps.changed(vehicleId)
      return view(id, by.parks)
    },

    /** Running leases, their drivers and who answers for each vehicle: what `leaseOf` and `shiftOf` are read from. */
    standingsOf: async (vehicles: readonly VehicleId[]) => {
      const leases = await reading.runningOf(vehicles)
      const [parties, open] = await Promise.all([
        reading.partiesOf(leases.map(({ id }) => id)),
        deps.shiftStore(deps.db).openOf(leases.map(({ vehicleId }) => vehicleId)),
      ])
      const shifts = new Map(open.map((shift) => [shift.vehicleId, shift]))
      const byLease = Map.groupBy(parties, ({ leaseId }) => leaseId)
      return new Map(
        leases.map((lease) => {
          const own = byLease.get(lease.id) ?? []
          const answers = answerable(own, shifts.get(lease.vehicleId))
          const handed = lease.activatedAt
          const since = answers !== undefined && handed !== null && answers.since < handed ? handed : answers?.since
          const shift = answers === undefined || since === undefined ? undefined : { driverId: answers.driverId, since }
          return [lease.vehicleId, { lease, parties: own, shift }] as const
        }),
      )
    },
    /** The running leases of a driver. */
    leasesOfDriver: reading.runningOfDriver,
    moveDriver: async (db: Db, from: DriverId, into: DriverId, at: EpochMs): Promise<void> => {
      const running = await deps.leaseStore(db).runningOfDriver(from)
      await deps.leaseStore(db).moveDriver(from, into, at)
      await deps.emit(
        db,
        running.map(({ id: leaseId, vehicleId, state }) => ({ name: 'lease.changed', leaseId, vehicleId, state, at })),
      )
    },
  }
}
