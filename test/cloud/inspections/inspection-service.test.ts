import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Day, DayTime } from '../../../cloud/calendar/moscow-day.ts'
import type { Driven, StationId } from '../../../cloud/inspections/inspection.ts'
import { StationId as StationIdParser } from '../../../cloud/inspections/inspection.ts'
import { createInspectionService, type InspectionHappening } from '../../../cloud/inspections/inspection-service.ts'
import { createInspectionStore } from '../../../cloud/inspections/inspection-store.ts'
import { createPaperService } from '../../../cloud/papers/paper-service.ts'
import { createPaperStore } from '../../../cloud/papers/paper-store.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { VehicleId } from '../../../contract/ids.ts'
import { epochMs, minutes } from '../../../contract/instant.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'

const NOW = Date.parse('2026-11-23T05:00:00Z')
const FIRST = epochMs(Date.parse('2026-11-23T06:00:00Z'))
const SECOND = epochMs(Date.parse('2026-11-23T07:00:00Z'))
const LATER = epochMs(Date.parse('2026-11-24T06:00:00Z'))

afterAll(stopSqlServer)

describe.each(sqlKinds())('inspections and papers on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  }, 60_000)
  afterEach(async () => emptied(postgres))
  afterAll(async () => database.close())

  async function house() {
    const clock = createManualClock(NOW)
    const told: InspectionHappening[] = []
    const odometers = new Map<VehicleId, Driven>()
    const parts = { clock, uuid: randomUUID, log: silentLog, db: postgres.db, inTransaction: postgres.inTransaction }
    const inspections = createInspectionService({
      ...parts,
      inspectionStore: createInspectionStore,
      drivenOf: async () => odometers,
      grace: async () => ({ km: 500, days: 3 }),
      happened: async (happening) => void told.push(happening),
    })
    const papers = createPaperService({
      ...parts,
      paperStore: createPaperStore,
      days: async () => ({ warnDays: 30, issueDays: 3 }),
      changed: () => {},
    })
    const vehicle = async (plate: string): Promise<VehicleId> => {
      const id = VehicleId.parse(randomUUID())
      await postgres.db
        .insertInto('vehicles')
        .values({ id, plate, model: 'Kia Rio', createdAt: clock.now(), parkId: MAIN_PARK })
        .execute()
      return id
    }
    const station = async (boxes = 1): Promise<StationId> => {
      const id = StationIdParser.parse(randomUUID())
      await inspections.addStation({
        id,
        parkId: MAIN_PARK,
        name: `Станция ${id}`,
        address: '',
        boxes,
        opens: DayTime.parse('09:00'),
        closes: DayTime.parse('18:00'),
        slotMinutes: 60,
        weekdays: [0, 1, 2, 3, 4],
      })
      return id
    }
    return { clock, told, odometers, inspections, papers, vehicle, station }
  }

  test('a box is given once, however many ask for it at the same moment', async () => {
    const { inspections, vehicle, station } = await house()
    const stationId = await station(2)
    const cars = await Promise.all(['А001АА777', 'А002АА777', 'А003АА777', 'А004АА777'].map(vehicle))
    const asked = await Promise.allSettled(
      cars.map((car) => inspections.book(car, { stationId, at: FIRST }, 'all', 'x')),
    )
    expect(asked.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    const slots = await inspections.slots(stationId, 'all', Day.parse('2026-11-23'), 1)
    expect(slots.map(({ at }) => at)).not.toContain(FIRST)
  })

  test('a vehicle has one visit ahead, and a time that is no slot is refused', async () => {
    const { inspections, vehicle, station } = await house()
    const stationId = await station()
    const car = await vehicle('А001АА777')
    await inspections.book(car, { stationId, at: FIRST }, 'all', 'x')
    await expect(inspections.book(car, { stationId, at: SECOND }, 'all', 'x')).rejects.toMatchObject({
      code: 'inspection/booked',
    })
    const odd = epochMs(FIRST + 60_000)
    await expect(inspections.book(car, { stationId, at: odd }, 'all', 'x')).rejects.toMatchObject({
      code: 'inspection/not-a-slot',
    })
  })

  test('each postponement is counted with its reason; the park’s own is not, a no-show is; a finished visit starts anew', async () => {
    const { clock, inspections, odometers, told, vehicle, station } = await house()
    const stationId = await station()
    const car = await vehicle('А001АА777')
    odometers.set(car, { odometerKm: 61_200.4, kmPerDay: 300 })
    const booked = await inspections.book(car, { stationId, at: FIRST }, 'all', 'driver')
    const put = async (id: typeof booked.id, reason: 'busy' | 'park', at: typeof FIRST) =>
      inspections.postpone(car, id, { reason, note: '', next: { stationId, at } }, 'all', 'driver')
    const once = await put(booked.id, 'busy', SECOND)
    expect(once.postponed).toBe(1)
    const byPark = await put(once.next?.id ?? booked.id, 'park', FIRST)
    expect(byPark.postponed).toBe(1)

    clock.advance(minutes(239))
    expect(await inspections.sweepNoShows()).toBe(0)
    clock.advance(minutes(2))
    expect(await inspections.sweepNoShows()).toBe(1)
    expect(await inspections.sweepNoShows()).toBe(0)
    expect((await inspections.of(car)).plan?.postponed).toBe(2)

    const last = await inspections.book(car, { stationId, at: LATER }, 'all', 'driver')
    await inspections.arrive(car, last.id)
    const done = await inspections.finish(
      car,
      last.id,
      { odometerKm: 61_250, condition: 'good', conditionNote: '' },
      'm',
    )
    expect(done).toMatchObject({ state: 'done', odometerKm: 61_250, deviceOdometerKm: 61_200.4 })
    const { plan, visits } = await inspections.of(car)
    expect(plan).toMatchObject({ dueKm: 71_250, postponed: 0, lastDoneKm: 61_250, state: 'ok', visit: null })
    expect(visits.map(({ state, reason, counted }) => `${state} ${reason} ${counted}`).toSorted()).toEqual([
      'done null false',
      'no-show no-show true',
      'postponed busy true',
      'postponed park false',
    ])
    expect(told.map(({ name }) => name)).toEqual([
      'inspection.booked',
      'inspection.postponed',
      'inspection.booked',
      'inspection.postponed',
      'inspection.booked',
      'inspection.postponed',
      'inspection.booked',
      'inspection.finished',
    ])
    await expect(
      inspections.finish(car, last.id, { odometerKm: 61_250, condition: 'good', conditionNote: '' }, 'm'),
    ).rejects.toMatchObject({ code: 'inspection/wrong-state' })
  })

  test('an odometer that has gone backwards is refused, and the visit stays open', async () => {
    const { inspections, vehicle, station } = await house()
    const stationId = await station()
    const car = await vehicle('А001АА777')
    const finish = async (at: typeof FIRST, odometerKm: number) => {
      const { id } = await inspections.book(car, { stationId, at }, 'all', 'x')
      return inspections.finish(car, id, { odometerKm, condition: 'good', conditionNote: '' }, 'x')
    }
    await finish(FIRST, 50_000)
    await expect(finish(SECOND, 49_000)).rejects.toMatchObject({ code: 'inspection/odometer' })
    expect((await inspections.of(car)).visits[0]).toMatchObject({ state: 'booked' })
  })

  test('the list begins with what presses most, page by page, and counts what is overdue on all of them', async () => {
    const { inspections, odometers, vehicle } = await house()
    const km = [40_000, 59_500, 60_200, 60_800]
    const cars = await Promise.all(km.map((_, index) => vehicle(`А00${index}АА777`)))
    for (const [index, car] of cars.entries()) {
      odometers.set(car, { odometerKm: km[index], kmPerDay: 100 })
      await inspections.setPlan(car, { stepKm: 10_000, stepDays: 180, dueKm: 60_000, dueOn: null }, 0)
    }
    const first = await inspections.list({ parks: 'all', limit: 3 })
    const second = await inspections.list({ parks: 'all', limit: 3, cursor: first.nextCursor ?? '' })
    expect([...first.items, ...second.items].map(({ state }) => state)).toEqual(['critical', 'overdue', 'soon', 'ok'])
    expect([first.overdue, second.overdue, second.nextCursor]).toEqual([2, 2, null])
    const only = await inspections.list({ parks: 'all', limit: 10, states: ['overdue', 'critical'] })
    expect(only.items).toHaveLength(2)
    const [car] = cars
    if (car === undefined) throw new Error('no car')
    await expect(
      inspections.setPlan(car, { stepKm: 1000, stepDays: 30, dueKm: null, dueOn: null }, 0),
    ).rejects.toMatchObject({ code: 'inspection/changed' })
  })

  test('papers: what is missing comes first, a new one ends its renewal, a withdrawn one counts no more', async () => {
    const { papers, vehicle } = await house()
    const car = await vehicle('А001АА777')
    const add = (validUntil: string) =>
      papers.add(
        car,
        { kind: 'osago', number: 'ХХХ 1', issuedBy: 'АО', validUntil: Day.parse(validUntil), note: '' },
        'clerk',
      )
    await add('2026-11-30')
    expect(await papers.sendForRenewal([{ vehicleId: car, kind: 'osago' }], 'страховщику', 'clerk')).toBe(1)
    expect(await papers.sendForRenewal([{ vehicleId: car, kind: 'osago' }], 'ещё раз', 'clerk')).toBe(0)
    const before = await papers.list({ parks: 'all', limit: 10 })
    expect(before.items.map(({ kind, state, renewal }) => [kind, state, renewal !== null])).toEqual([
      ['dk', 'missing', false],
      ['osgop', 'missing', false],
      ['osago', 'ending', true],
    ])
    const pages = [await papers.list({ parks: 'all', limit: 2 })]
    pages.push(await papers.list({ parks: 'all', limit: 2, cursor: pages[0]?.nextCursor ?? '' }))
    expect(pages.map(({ items }) => items.length)).toEqual([2, 1])

    const renewed = await add('2027-11-30')
    expect((await papers.of(car)).renewals).toEqual([])
    expect((await papers.standingsOf([car])).get(car)?.[1]).toMatchObject({ state: 'valid', validUntil: '2027-11-30' })
    await papers.withdraw(renewed.id, async () => true, 'другая машина', 'clerk')
    expect((await papers.standingsOf([car])).get(car)?.[1]).toMatchObject({ state: 'ending', validUntil: '2026-11-30' })
    await expect(papers.withdraw(renewed.id, async () => false, 'x', 'clerk')).rejects.toMatchObject({
      code: 'paper/unknown',
    })
    expect(await papers.hindrancesOf(car)).toHaveLength(2)
    expect((await papers.renewalPack('all', 30)).map(({ line }) => line.kind)).toEqual(['dk', 'osgop', 'osago'])
    expect(await papers.list({ parks: [], limit: 10 })).toMatchObject({ items: [] })
  })
})
