import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import { type Day, dayOf, momentOf } from '../calendar/moscow-day.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Clerk } from '../drivers/driver-service.ts'
import type { DriverStore } from '../drivers/driver-store.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { chargePosting, type Posting } from '../ledger/posting.ts'
import { isInSight } from '../parks/park.ts'
import type { LeaseRow, ShiftRow } from '../postgres/lease-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import {
  advance,
  type BuyoutTerms,
  isRunning,
  type LeaseEvent,
  LeaseId,
  type LeasePlan,
  type LeaseState,
  ShiftId,
  troubleWith,
} from './lease.ts'
import type { LeaseQuery, LeaseStore } from './lease-store.ts'
import { type LeaseView, leaseView, type Names, type ShiftView, shiftView } from './lease-view.ts'
import type { LeasingEvent } from './leasing-event.ts'
import { dueCharges, firstChargeAt, rateOf, type Schedule } from './schedule.ts'
import { answerable, sharesOf } from './shift.ts'
import type { ShiftQuery, ShiftStore } from './shift-store.ts'

export type LeaseTerms = {
  readonly plan: LeasePlan
  readonly drivers: readonly { readonly driverId: DriverId; readonly main: boolean }[]
  readonly startsOn: Day
  readonly endsOn: Day | null
  readonly depositKopecks: number
  readonly schedule: Schedule
  readonly buyout: BuyoutTerms | null
  readonly marketValueKopecks: number | null
  readonly note: string
}
/** What is to be changed; what is left out stays. */
export type LeaseWish = { readonly [Term in keyof LeaseTerms]?: LeaseTerms[Term] | undefined }

export type LeaseService = ReturnType<typeof createLeaseService>

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly leaseStore: (db: Db) => LeaseStore
    readonly shiftStore: (db: Db) => ShiftStore
    readonly driverStore: (db: Db) => Pick<DriverStore, 'findAll'>
    readonly vehicleStore: (db: Db) => Pick<VehicleStore, 'findLocked' | 'platesOf'>
    readonly post: (db: Db, posting: Posting) => Promise<unknown>
    /** Within the transaction: told once it has committed. */
    readonly emit: (db: Db, events: readonly LeasingEvent[]) => Promise<void>
    readonly changed: (vehicle: VehicleId) => void
    /** Sentences that say why the vehicle is not handed out, or not handed back, now. */
    readonly hindrancesOf: (vehicle: VehicleId, step: 'handing-out' | 'handing-back') => Promise<readonly string[]>
  }

const Place = z.strictObject({ number: z.int() })
const ShiftPlace = z.strictObject({ openedAt: z.int().brand<'EpochMs'>(), id: ShiftId })
const CHARGER = { kind: 'rule', id: 'daily-charge', name: 'Ежедневное начисление' } as const
const DAY = minutes(24 * 60)
/** Days of one lease charged in one transaction: after a long stop the rest follows. */
const MOST_DAYS = 62

/** Leases from draft to end, who is on shift, and the charge of each day exactly once. */
export function createLeaseService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.leaseStore(deps.db)
  const namesFor = async (vehicles: readonly VehicleId[], drivers: readonly DriverId[]): Promise<Names> => {
    const [plates, rows] = await Promise.all([
      deps.vehicleStore(deps.db).platesOf(vehicles),
      deps.driverStore(deps.db).findAll(drivers),
    ])
    return { plates, drivers: new Map(rows.map((row) => [row.id, row])) }
  }
  const viewsOf = async (rows: readonly LeaseRow[]): Promise<readonly LeaseView[]> => {
    const parties = await reading.partiesOf(rows.map(({ id }) => id))
    const names = await namesFor(
      rows.map(({ vehicleId }) => vehicleId),
      parties.map(({ driverId }) => driverId),
    )
    return rows.map((row) => leaseView(row, parties, names))
  }
  const shiftViewsOf = async (rows: readonly ShiftRow[]): Promise<readonly ShiftView[]> => {
    const names = await namesFor(
      rows.map(({ vehicleId }) => vehicleId),
      rows.map(({ driverId }) => driverId),
    )
    return rows.map((row) => shiftView(row, names))
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

  /** Charges what is due until the moment; the row comes back as it is to be stored. */
  const charged = async (db: Db, lease: LeaseRow, until: EpochMs): Promise<LeaseRow> => {
    if (lease.nextChargeAt === null) return lease
    const due = dueCharges(lease.schedule, lease.nextChargeAt, until, MOST_DAYS)
    const parties = await deps.leaseStore(db).everyPartyOf(lease.id)
    for (const { day, at } of due.days) {
      const { kopecks, why } = rateOf(lease.schedule, day)
      if (kopecks === 0) continue
      const window = { from: later(at, -DAY), until: at }
      const turns = await deps.shiftStore(db).within(lease.id, window.from, window.until)
      const then = parties.filter(({ fromAt, untilAt }) => fromAt <= at && (untilAt === null || untilAt > at))
      const shares = sharesOf(kopecks, lease.schedule.payer, then.length === 0 ? parties : then, turns, window)
      const posting = chargePosting({
        key: `charge ${lease.id} ${day}`,
        at,
        parkId: lease.parkId,
        leaseId: lease.id,
        vehicleId: lease.vehicleId,
        note: why === 'holiday' ? `${day}, праздничный день` : day,
        by: CHARGER,
        shares,
        towardsPriceKopecks: lease.buyout?.dailyShareKopecks ?? 0,
      })
      await deps.post(db, posting)
    }
    return { ...lease, nextChargeAt: due.nextAt }
  }
  const closeShift = async (db: Db, shift: ShiftRow, by: string, at: EpochMs): Promise<void> => {
    await deps.shiftStore(db).close(shift.id, at, by)
    const { vehicleId, leaseId, driverId } = shift
    await deps.emit(db, [{ name: 'shift.closed', vehicleId, leaseId, driverId, at }])
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
        return charged(db, { ...lease, state, activatedAt: at, nextChargeAt }, at)
      }
      case 'returning':
        return { ...lease, state, returningAt: at }
      case 'closed': {
        let row = lease
        while (row.nextChargeAt !== null && row.nextChargeAt <= at) row = await charged(db, row, at)
        for (const shift of await deps.shiftStore(db).openOf([lease.vehicleId]))
          await closeShift(db, shift, by.name, at)
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
            await closeShift(db, shift, by.name, clock.now())
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

    /** Whoever was on shift until now is relieved. Faults: vehicle/unknown, shift/no-lease, shift/not-a-party. */
    openShift: async (vehicleId: VehicleId, driverId: DriverId, by: Clerk): Promise<ShiftView> => {
      const shift = await inTransaction(async (db) => {
        const lease = await deps.leaseStore(db).runningLocked(vehicleId)
        if (lease === undefined || !isInSight(by.parks, lease.parkId)) throw new Fault('shift/no-lease')
        const parties = await deps.leaseStore(db).partiesOf([lease.id])
        if (!parties.some((party) => party.driverId === driverId)) throw new Fault('shift/not-a-party')
        const at = clock.now()
        const [open] = await deps.shiftStore(db).openOf([vehicleId])
        if (open?.driverId === driverId) return open
        if (open !== undefined) await closeShift(db, open, by.name, at)
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
      const [opened] = await shiftViewsOf([shift])
      if (opened === undefined) throw new Fault('shift/no-lease')
      return opened
    },
    /** Faults: shift/no-lease, shift/none-open. */
    closeShift: async (vehicleId: VehicleId, by: Clerk): Promise<ShiftView> => {
      const shift = await inTransaction(async (db) => {
        const lease = await deps.leaseStore(db).runningLocked(vehicleId)
        if (lease === undefined || !isInSight(by.parks, lease.parkId)) throw new Fault('shift/no-lease')
        const [open] = await deps.shiftStore(db).openOf([vehicleId])
        if (open === undefined) throw new Fault('shift/none-open')
        const at = clock.now()
        await closeShift(db, open, by.name, at)
        return { ...open, closedAt: at, closedBy: by.name }
      })
      deps.changed(vehicleId)
      const [closed] = await shiftViewsOf([shift])
      if (closed === undefined) throw new Fault('shift/none-open')
      return closed
    },
    /** Newest first. Faults: list/bad-cursor. */
    shifts: async (query: Omit<ShiftQuery, 'after'> & { readonly cursor?: string | undefined }) => {
      const { limit, cursor } = query
      const rows = await deps
        .shiftStore(deps.db)
        .list({ ...query, limit: limit + 1, after: placeFrom(ShiftPlace, cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      const nextCursor = last === undefined ? null : cursorFrom({ openedAt: last.openedAt, id: last.id })
      return { items: await shiftViewsOf(page), nextCursor }
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
    /** Charges every day that is due; answers how many leases were looked at. One failing lease keeps no other from it. */
    chargeDue: async (limit: number): Promise<number> => {
      const due = await reading.chargeable(clock.now(), limit)
      for (const id of due) {
        try {
          await inTransaction(async (db) => {
            const store = deps.leaseStore(db)
            const lease = await store.findLocked(id)
            if (lease === undefined || !isRunning(lease.state)) return
            await store.update(await charged(db, lease, clock.now()))
          })
        } catch (err) {
          deps.log.error({ err, leaseId: id }, 'lease.charge-failed')
        }
      }
      return due.length
    },
    moveDriver: (db: Db, from: DriverId, into: DriverId, at: EpochMs) => deps.leaseStore(db).moveDriver(from, into, at),
  }
}

const wished = (
  lease: LeaseRow,
  parties: readonly { readonly driverId: DriverId; readonly main: boolean }[],
  wish: LeaseWish,
): LeaseTerms => ({
  plan: wish.plan ?? lease.plan,
  drivers: wish.drivers ?? parties.map(({ driverId, main }) => ({ driverId, main })),
  startsOn: wish.startsOn ?? lease.startsOn,
  endsOn: wish.endsOn === undefined ? lease.endsOn : wish.endsOn,
  depositKopecks: wish.depositKopecks ?? lease.depositKopecks,
  schedule: wish.schedule ?? lease.schedule,
  buyout: wish.buyout === undefined ? lease.buyout : wish.buyout,
  marketValueKopecks: wish.marketValueKopecks === undefined ? lease.marketValueKopecks : wish.marketValueKopecks,
  note: wish.note ?? lease.note,
})

function refuseRunning(lease: LeaseRow, terms: LeaseTerms): void {
  if (!isRunning(lease.state)) return
  if (terms.plan !== lease.plan || terms.startsOn !== lease.startsOn)
    throw new Fault('lease/wrong-state', 'plan and first day stand while a lease runs')
  const { nextChargeAt, schedule } = lease
  if (nextChargeAt === null) return
  const late = terms.schedule.freeDays.find(
    (day) =>
      !schedule.freeDays.includes(day) &&
      momentOf(day, schedule.chargeAt) < momentOf(dayOf(nextChargeAt), schedule.chargeAt),
  )
  if (late !== undefined) throw new Fault('lease/day-charged', late)
}
