import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import { type Day, DayTime, dayOf, dayPlus, momentOf } from '../calendar/moscow-day.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight } from '../parks/park.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { InspectionPlanRow, InspectionVisitRow } from '../postgres/upkeep-tables.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import {
  type Condition,
  counts,
  type Driven,
  type InspectionGrace,
  type InspectionState,
  inspectionStanding,
  type PostponeReason,
  planAfter,
  type StationId,
  VisitId,
} from './inspection.ts'
import type { InspectionStore, PlanLine, Station } from './inspection-store.ts'
import { type InspectionView, inspectionView, type VisitView, visitView } from './inspection-view.ts'
import { type FreeSlot, freeBox, freeSlots, slotsOf } from './slot.ts'

/** What rules, cards and the driver's page hear of. */
export type InspectionHappening = {
  readonly name: 'inspection.booked' | 'inspection.postponed' | 'inspection.finished'
  readonly id: string
  readonly vehicleId: VehicleId
  readonly at: EpochMs
  readonly data: Readonly<Record<string, string | number>>
}

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly inspectionStore: (db: Db) => InspectionStore
    /** The vehicle's own odometer, however old, and its usual day. */
    readonly drivenOf: (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, Driven>>
    readonly grace: () => Promise<InspectionGrace>
    /** Told after the commit; may be told again after a crash. */
    readonly happened: (happening: InspectionHappening) => Promise<void>
  }

export type InspectionService = ReturnType<typeof createInspectionService>

/** Nobody came within this time of the slot: a postponement of its own (requirements §9). */
const NO_SHOW_AFTER = minutes(180)
const NOT_YET: Driven = { odometerKm: undefined, kmPerDay: undefined }
/** Before a plan was entered: the interval of a taxi's service as most makers give it. */
const FIRST_STEP = { stepKm: 10_000, stepDays: 180 } as const
const Place = z.strictObject({ rank: z.int(), left: z.number(), plate: z.string(), id: VehicleId })
const RANK: Readonly<Record<InspectionState, number>> = { critical: 0, overdue: 1, due: 2, soon: 3, unknown: 4, ok: 5 }
const MIDNIGHT = DayTime.parse('00:00')

/** Inspections: what is due when, visits to stations, putting off with a reason, and what the visit found. */
export function createInspectionService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.inspectionStore(deps.db)
  const today = (): Day => dayOf(clock.now())

  const viewsOf = async (lines: readonly PlanLine[]): Promise<readonly InspectionView[]> => {
    const [driven, grace] = await Promise.all([deps.drivenOf(lines.map(({ vehicleId }) => vehicleId)), deps.grace()])
    const day = today()
    return lines.map((line) =>
      inspectionView(line, inspectionStanding(line, driven.get(line.vehicleId) ?? NOT_YET, day, grace)),
    )
  }
  const stationFor = async (id: StationId, parks: ParksInSight): Promise<Station> => {
    const station = await reading.station(id)
    if (station === undefined || station.closedAt !== null || !isInSight(parks, station.parkId))
      throw new Fault('inspection/unknown-station')
    return station
  }
  const newPlan = (vehicleId: VehicleId): InspectionPlanRow => ({
    vehicleId,
    ...FIRST_STEP,
    dueKm: null,
    dueOn: null,
    postponed: 0,
    lastDoneKm: null,
    lastDoneOn: null,
    version: 0,
  })
  const lockedPlan = async (store: InspectionStore, vehicle: VehicleId): Promise<InspectionPlanRow> => {
    const found = await store.lockedPlan(vehicle)
    if (found !== undefined) return found
    await store.savePlan(newPlan(vehicle))
    return (await store.lockedPlan(vehicle)) ?? newPlan(vehicle)
  }
  const putIn = async (store: InspectionStore, vehicleId: VehicleId, station: Station, at: EpochMs, by: string) => {
    const now = clock.now()
    if (at <= now || !slotsOf(station, dayOf(at)).includes(at)) throw new Fault('inspection/not-a-slot')
    if ((await store.visitAhead(vehicleId)) !== undefined) throw new Fault('inspection/booked')
    for (let looks = 0; looks < station.boxes; looks += 1) {
      const box = freeBox(station, await store.taken(station.id, at, later(at, minutes(1))), at)
      if (box === undefined) break
      const visit: InspectionVisitRow = {
        ...NO_END,
        id: VisitId.parse(deps.uuid()),
        vehicleId,
        stationId: station.id,
        box,
        slotAt: at,
        state: 'booked',
        bookedAt: now,
        bookedBy: by,
      }
      // Somebody else may have taken the box since it was looked for: then another may still be free.
      if (await store.insertVisit(visit)) return visit
    }
    throw new Fault('inspection/slot-taken')
  }
  const endVisit = async (
    store: InspectionStore,
    visit: InspectionVisitRow,
    end: Pick<InspectionVisitRow, 'state' | 'reason' | 'reasonNote'>,
    by: string,
  ): Promise<InspectionVisitRow> => {
    const plan = await lockedPlan(store, visit.vehicleId)
    const counted = end.reason !== null && counts(end.reason)
    const ended = { ...visit, ...end, counted, endedAt: clock.now(), endedBy: by }
    await store.updateVisit(ended)
    if (counted) await store.savePlan({ ...plan, postponed: plan.postponed + 1, version: plan.version + 1 })
    return ended
  }
  const locked = async (store: InspectionStore, vehicle: VehicleId, id: VisitId, states: readonly string[]) => {
    await lockedPlan(store, vehicle)
    const visit = await store.visit(id)
    if (visit === undefined || visit.vehicleId !== vehicle) throw new Fault('inspection/unknown')
    if (!states.includes(visit.state)) throw new Fault('inspection/wrong-state', `the visit is ${visit.state}`)
    return visit
  }
  const tell = (name: InspectionHappening['name'], visit: InspectionVisitRow, data: InspectionHappening['data'] = {}) =>
    deps.happened({ name, id: `${name} ${visit.id}`, vehicleId: visit.vehicleId, at: clock.now(), data })

  return {
    /** Of these vehicles; one without a plan is absent. */
    standingsOf: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, InspectionView>> => {
      const views = await viewsOf(await reading.lines({ parks: 'all', vehicles }))
      return new Map(views.map((view) => [view.vehicleId, view]))
    },
    /** What is most overdue first. Faults: list/bad-cursor. */
    list: async (query: ListQuery) => {
      const { parks, q, limit, cursor } = query
      const all = (await viewsOf(await reading.lines({ parks, q })))
        .filter(({ state }) => query.states === undefined || query.states.includes(state))
        .map((view) => ({ view, place: placeOf(view) }))
        .toSorted((one, other) => compare(one.place, other.place))
      const after = placeFrom(Place, cursor)
      const rest = after === undefined ? all : all.filter(({ place }) => compare(place, after) > 0)
      const last = rest.length > limit ? rest[limit - 1] : undefined
      return {
        items: rest.slice(0, limit).map(({ view }) => view),
        nextCursor: last === undefined ? null : cursorFrom(last.place),
        overdue: all.filter(({ view }) => view.state === 'overdue' || view.state === 'critical').length,
      }
    },
    of: async (vehicle: VehicleId) => {
      const [[view], visits] = await Promise.all([
        viewsOf(await reading.lines({ parks: 'all', vehicles: [vehicle] })),
        reading.visitsOf(vehicle, 100),
      ])
      return { plan: view ?? null, visits: visits.map(visitView) }
    },
    /** Faults: inspection/changed. */
    setPlan: async (vehicle: VehicleId, wish: PlanWish, version: number): Promise<void> => {
      await inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        const plan = await lockedPlan(store, vehicle)
        if (plan.version !== version) throw new Fault('inspection/changed')
        await store.savePlan({ ...plan, ...wish, version: plan.version + 1 })
      })
    },

    stations: reading.stations,
    /** Faults: inspection/station-taken. */
    addStation: async (station: Omit<Station, 'closedAt'>): Promise<Station> => {
      const known = await reading.stationNamed(station.parkId, station.name)
      if (known !== undefined && known.id !== station.id) throw new Fault('inspection/station-taken')
      const row = { ...station, closedAt: null }
      await reading.saveStation(row)
      return row
    },
    closeStation: async (id: StationId, parks: ParksInSight): Promise<void> => {
      await reading.saveStation({ ...(await stationFor(id, parks)), closedAt: clock.now() })
    },
    slots: async (id: StationId, parks: ParksInSight, from: Day, days: number): Promise<readonly FreeSlot[]> => {
      const station = await stationFor(id, parks)
      const start = momentOf(from, MIDNIGHT)
      const taken = await reading.taken(id, start, momentOf(dayPlus(from, days), MIDNIGHT))
      return freeSlots(station, taken, { from, days, now: clock.now() })
    },
    dayOf: async (id: StationId, parks: ParksInSight, day: Day): Promise<readonly VisitView[]> => {
      await stationFor(id, parks)
      const visits = await reading.visitsAt(id, momentOf(day, MIDNIGHT), momentOf(dayPlus(day, 1), MIDNIGHT))
      return visits.map(visitView)
    },

    /** Faults: inspection/unknown-station, inspection/not-a-slot, inspection/slot-taken, inspection/booked. */
    book: async (vehicle: VehicleId, wish: SlotWish, parks: ParksInSight, by: string): Promise<VisitView> => {
      const station = await stationFor(wish.stationId, parks)
      const visit = await inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        await lockedPlan(store, vehicle)
        return putIn(store, vehicle, station, wish.at, by)
      })
      await tell('inspection.booked', visit, { slotAt: visit.slotAt, station: station.name })
      return visitView(visit)
    },
    arrive: async (vehicle: VehicleId, id: VisitId): Promise<VisitView> =>
      inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        const visit = await locked(store, vehicle, id, ['booked'])
        const arrived: InspectionVisitRow = { ...visit, state: 'arrived', arrivedAt: clock.now() }
        await store.updateVisit(arrived)
        return visitView(arrived)
      }),
    /**
     * Puts a visit off, and books the new slot in the same breath when one is named: either both or neither.
     * Faults: inspection/unknown, inspection/wrong-state, and those of booking.
     */
    postpone: async (vehicle: VehicleId, id: VisitId, wish: PostponeWish, parks: ParksInSight, by: string) => {
      const station = wish.next === undefined ? undefined : await stationFor(wish.next.stationId, parks)
      const { ended, next, postponed } = await inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        const visit = await locked(store, vehicle, id, ['booked'])
        const end = { state: 'postponed' as const, reason: wish.reason, reasonNote: wish.note }
        const put = await endVisit(store, visit, end, by)
        const again =
          station === undefined || wish.next === undefined
            ? undefined
            : await putIn(store, vehicle, station, wish.next.at, by)
        const plan = await lockedPlan(store, vehicle)
        return { ended: put, next: again, postponed: plan.postponed }
      })
      await tell('inspection.postponed', ended, { reason: wish.reason, postponed })
      if (next !== undefined && station !== undefined)
        await tell('inspection.booked', next, { slotAt: next.slotAt, station: station.name })
      return { visit: visitView(ended), next: next === undefined ? null : visitView(next), postponed }
    },
    /** Without a reason against anybody: the vehicle was sold, returned, or booked by mistake. */
    cancel: async (vehicle: VehicleId, id: VisitId, note: string, by: string): Promise<VisitView> =>
      inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        const visit = await locked(store, vehicle, id, ['booked', 'arrived'])
        return visitView(await endVisit(store, visit, { state: 'cancelled', reason: null, reasonNote: note }, by))
      }),
    /**
     * The visit is over: odometer and condition are written down, the next one falls due from here, the counter is zero.
     * Faults: inspection/unknown, inspection/wrong-state, inspection/odometer.
     */
    finish: async (vehicle: VehicleId, id: VisitId, found: Findings, by: string): Promise<VisitView> => {
      const device = (await deps.drivenOf([vehicle])).get(vehicle)?.odometerKm ?? null
      const visit = await inTransaction(async (db) => {
        const store = deps.inspectionStore(db)
        const before = await locked(store, vehicle, id, ['booked', 'arrived'])
        const plan = await lockedPlan(store, vehicle)
        if (plan.lastDoneKm !== null && found.odometerKm < plan.lastDoneKm)
          throw new Fault('inspection/odometer', `it read ${plan.lastDoneKm} km at the last visit`)
        const now = clock.now()
        const done: InspectionVisitRow = {
          ...before,
          ...found,
          state: 'done',
          deviceOdometerKm: device,
          arrivedAt: before.arrivedAt ?? now,
          endedAt: now,
          endedBy: by,
        }
        await store.updateVisit(done)
        const after = planAfter(plan, { odometerKm: found.odometerKm, deviceOdometerKm: device }, dayOf(now))
        await store.savePlan({ ...plan, ...after, version: plan.version + 1 })
        return done
      })
      await tell('inspection.finished', visit, { odometerKm: found.odometerKm, condition: found.condition })
      return visitView(visit)
    },
    /** Ends visits that nobody came to; each counts as a postponement. To be called every few minutes, by one instance. */
    sweepNoShows: async (): Promise<number> => {
      const missed = await reading.missedBefore(later(clock.now(), -NO_SHOW_AFTER), 500)
      let ended = 0
      for (const { id, vehicleId } of missed) {
        const visit = await inTransaction(async (db) => {
          const store = deps.inspectionStore(db)
          await lockedPlan(store, vehicleId)
          const now = await store.visit(id)
          if (now?.state !== 'booked') return undefined
          return endVisit(store, now, { state: 'no-show', reason: 'no-show', reasonNote: '' }, 'kordon')
        })
        if (visit === undefined) continue
        ended += 1
        await tell('inspection.postponed', visit, { reason: 'no-show' })
      }
      return ended
    },
  }
}

export type ListQuery = {
  readonly parks: ParksInSight
  readonly q?: string | undefined
  readonly states?: readonly InspectionState[] | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}
export type SlotWish = { readonly stationId: StationId; readonly at: EpochMs }
export type PostponeWish = {
  readonly reason: PostponeReason
  readonly note: string
  readonly next?: SlotWish | undefined
}
export type Findings = {
  readonly odometerKm: number
  readonly condition: Condition
  readonly conditionNote: string
}
export type PlanWish = Pick<InspectionPlanRow, 'stepKm' | 'stepDays' | 'dueKm' | 'dueOn'>

const NO_END = {
  arrivedAt: null,
  endedAt: null,
  endedBy: null,
  reason: null,
  reasonNote: '',
  counted: false,
  odometerKm: null,
  deviceOdometerKm: null,
  condition: null,
  conditionNote: '',
} as const

type ListPlace = z.infer<typeof Place>

/** The most pressing first; of equals the one with the least left. */
const placeOf = ({ state, kmLeft, daysLeft, plate, vehicleId }: InspectionView): ListPlace => ({
  rank: RANK[state],
  left: Math.min(kmLeft ?? Number.MAX_SAFE_INTEGER, (daysLeft ?? Number.MAX_SAFE_INTEGER / 1000) * 100),
  plate,
  id: vehicleId,
})

const compare = (one: ListPlace, other: ListPlace): number =>
  one.rank - other.rank ||
  one.left - other.left ||
  one.plate.localeCompare(other.plate) ||
  (one.id < other.id ? -1 : Number(one.id > other.id))
