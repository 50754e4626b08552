import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { Seq } from '#contract/ids.ts'
import { epochMs, later, minutes } from '#contract/instant.ts'
import { boundsOf, Day, dayOf } from '../../../cloud/calendar/moscow-day.ts'
import { createFrameStore } from '../../../cloud/history/frame-store.ts'
import type { HistoryFrame, PastFrame } from '../../../cloud/history/history.ts'
import { createInfluxClient } from '../../../cloud/history/influx-client.ts'
import { mileageOf } from '../../../cloud/history/mileage.ts'
import { createRetentionStore } from '../../../cloud/history/retention-store.ts'
import { countDay } from '../../../cloud/mileage/ledger.ts'
import { createLedgerStore } from '../../../cloud/mileage/ledger-store.ts'
import { createMileageService } from '../../../cloud/mileage/mileage-service.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { requireReal, startInflux } from '../../support/real-servers.ts'
import { recordedDrives } from '../../support/recorded-frames.ts'
import { silentLog } from '../../support/silent-log.ts'
import {
  createSqlDatabase,
  emptied,
  migrated,
  type SqlDatabase,
  sqlKinds,
  stopSqlServer,
} from '../../support/sql-databases.ts'
import { historyFrame, pastFrame, VEHICLE } from '../history/history-support.ts'

const FIRST = Day.parse('2026-10-05')
const LAST = Day.parse('2026-10-09')
const MORNING = later(boundsOf(FIRST).from, 20 * 3600_000)

/** Recorded drives, each on an evening of its own that runs past midnight; every other one knows no odometer. */
function drives(): readonly HistoryFrame[] {
  const recorded = [...recordedDrives('car-munich'), ...recordedDrives('bus-limerick')].slice(0, 3)
  let seq = 0
  return recorded.flatMap(({ frames }, evening) => {
    const thin = frames.filter((_, index) => index % 15 === 0)
    const start = thin[0]?.readAt ?? 0
    return thin.map((frame) => {
      seq += 1
      const { odometerKm, ...rest } = frame
      const at = later(MORNING, evening * 26 * 3600_000 + (frame.readAt - start) * 6)
      const shown: Frame =
        evening === 1 || odometerKm === undefined ? rest : { ...rest, odometerKm: odometerKm + evening * 40 }
      return historyFrame(seq, { seq: Seq.parse(seq) }, { ...shown, readAt: at })
    })
  })
}

describe('lease days', () => {
  const evening = drives().filter(({ seq }) => seq < 60)
  const past = (frame: HistoryFrame['frame'], withOdometer: boolean): PastFrame =>
    pastFrame(frame.readAt, {
      position: { lat: frame.lat ?? 0, lon: frame.lon ?? 0, accuracyM: 3 },
      speedKmh: frame.speedKmh ?? null,
      odometerKm: withOdometer ? (frame.odometerKm ?? null) : null,
    })
  test.each([true, false])(
    'add up to the whole, whichever frame is the last before midnight; odometer: %s',
    (odometer) => {
      const frames = evening.map(({ frame }) => past(frame, odometer))
      const whole = mileageOf(frames)
      expect(whole.km).toBeGreaterThan(1)
      for (let cut = 2; cut < frames.length - 1; cut += 5) {
        const first = countDay(frames.slice(0, cut).toReversed(), undefined)
        const second = countDay(frames.slice(cut), first.carry)
        expect(first.km + second.km).toBeCloseTo(whole.km, 2)
      }
    },
  )
  test('a day begins at midnight in Moscow', () => {
    expect(dayOf(epochMs(Date.UTC(2026, 9, 5, 20, 59, 59, 999)))).toBe('2026-10-05')
    expect(dayOf(epochMs(Date.UTC(2026, 9, 5, 21)))).toBe('2026-10-06')
    expect(boundsOf(FIRST)).toEqual({ from: Date.UTC(2026, 9, 4, 21), to: Date.UTC(2026, 9, 5, 21) })
  })
})

const END = later(boundsOf(LAST).to, 3600_000)

function house(
  postgres: Postgres,
  history: ReturnType<typeof createFrameStore> | ReturnType<typeof createInfluxClient>,
) {
  const manual = createManualClock(MORNING)
  const clock = { ...manual, set: (at: number) => manual.jumpWall(at - manual.now()) }
  const { db, inTransaction } = postgres
  const mileage = createMileageService({
    db,
    inTransaction,
    ledgerStore: createLedgerStore,
    history,
    clock: manual,
    log: silentLog,
  })
  const countAll = async () => {
    while ((await mileage.countDue()) > 0);
  }
  return {
    clock,
    mileage,
    /** As the journal's loop does it: stored, marked, and now and then counted in between. */
    deliver: async (frames: readonly HistoryFrame[]) => {
      await history.write(frames)
      await mileage.stored(frames)
    },
    countAll,
    newest: async () => {
      const days = await mileage.ledger(VEHICLE, FIRST, LAST)
      return days.map(({ day, revisions }) => {
        const { revision: _, reason: __, computedAt: ___, ...value } = revisions.at(-1) ?? expect.fail('no revision')
        return { ...value, day }
      })
    },
  }
}

describe.each(sqlKinds())('the mileage ledger in %s', { timeout: 60_000 }, (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  afterAll(() => database.close())
  const fresh = async () => {
    await emptied(postgres)
    return house(postgres, createFrameStore(postgres))
  }
  const inOrder = async () => {
    const { clock, deliver, countAll, newest } = await fresh()
    for (const frame of Map.groupBy(drives(), ({ frame }) => Math.floor(frame.readAt / 3_600_000)).values()) {
      clock.set(later(frame.at(-1)?.frame.readAt ?? MORNING, 1000))
      await deliver(frame)
      await countAll()
    }
    clock.set(END)
    await countAll()
    return newest()
  }

  test('the final ledger does not depend on order, delay or repetition of delivery', async () => {
    const expected = await inOrder()
    const all = drives()
    const plan = fc.record({
      sizes: fc.array(fc.integer({ min: 60, max: 300 }), { minLength: 1, maxLength: 6 }),
      shuffle: fc.infiniteStream(fc.nat()),
      repeat: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
      waits: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ sizes, shuffle, repeat, waits }) => {
        const { clock, deliver, countAll, newest } = await fresh()
        const shuffled = all
          .map((frame) => ({ frame, place: shuffle.next().value ?? 0 }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ frame }) => frame)
        const parts: (readonly HistoryFrame[])[] = []
        for (let from = 0; from < shuffled.length; ) {
          const size = sizes[parts.length % sizes.length] ?? 100
          parts.push(shuffled.slice(from, from + size))
          from += size
        }
        const again = repeat.flatMap((one) => (parts[one] === undefined ? [] : [parts[one]]))
        for (const [index, part] of [...parts, ...again].entries()) {
          await deliver(part)
          clock.set(later(clock.now(), minutes((waits[index % waits.length] ?? 0) * 60)))
          if (index % 2 === 0) await countAll()
        }
        clock.set(Math.max(clock.now(), END) + minutes(10))
        await countAll()
        expect(await newest()).toEqual(expected)
      }),
      { numRuns: 3 },
    )
  })

  test('late frames make a second revision; the first stays as it was, and the reason is said', async () => {
    const { clock, deliver, countAll, mileage } = await fresh()
    const all = drives()
    const late = all.filter(({ seq }) => seq > 20 && seq < 40)
    await deliver(all.filter((frame) => !late.includes(frame)))
    clock.set(END)
    await countAll()
    const before = await mileage.ledger(VEHICLE, FIRST, FIRST)
    expect(before[0]?.revisions.map(({ reason }) => reason)).toEqual(['first'])
    await deliver(late)
    await deliver(late)
    clock.set(later(END, minutes(5)))
    await countAll()
    const after = await mileage.ledger(VEHICLE, FIRST, FIRST)
    expect(after[0]?.revisions.map(({ reason }) => reason)).toEqual(['first', 'late-frames'])
    expect(after[0]?.revisions[0]).toEqual(before[0]?.revisions[0])
  })

  test('the running day is counted on demand and stands in no ledger yet', async () => {
    const { clock, deliver, countAll, mileage } = await fresh()
    const evening = drives().filter(({ frame }) => frame.readAt < boundsOf(FIRST).to)
    clock.set(later(boundsOf(FIRST).to, -60_000))
    await deliver(evening)
    await countAll()
    expect(await mileage.ledger(VEHICLE, FIRST, LAST)).toEqual([])
    const [today] = await mileage.daily(VEHICLE, FIRST, LAST)
    expect(today).toMatchObject({ day: FIRST, state: 'running', frames: evening.length })
    expect(today?.km).toBeGreaterThan(1)
    await deliver(drives())
    expect(
      (await mileage.daily(VEHICLE, FIRST, LAST)).map(({ day }) => day),
      'a day that has not begun',
    ).toEqual([FIRST])
  })

  test('two instances counting at once write each value once', async () => {
    const one = await fresh()
    const two = house(postgres, createFrameStore(postgres))
    await one.deliver(drives())
    for (const { clock } of [one, two]) clock.set(END)
    await Promise.all([one.countAll(), two.countAll()])
    for (const { clock } of [one, two]) clock.set(later(END, minutes(10)))
    await Promise.all([one.countAll(), two.countAll()])
    const days = await one.mileage.ledger(VEHICLE, FIRST, LAST)
    for (const { revisions } of days)
      expect(revisions.map(({ revision }) => revision)).toEqual(revisions.map((_, index) => index + 1))
    expect(await one.newest()).toEqual(await inOrder())
  })

  test('a month is forgotten only when all of it has been counted, and then its kilometres stay', async () => {
    const { clock, deliver, countAll, mileage, newest } = await fresh()
    await deliver(drives())
    const retention = createRetentionStore(postgres)
    const months = await retention.monthsBefore(epochMs(Date.UTC(2026, 10, 1)))
    const october = months.find(({ name }) => name === '202610') ?? expect.fail('October has no table')
    expect(await retention.forget(october)).toBe('kept')
    clock.set(END)
    await countAll()
    const before = await newest()
    expect(await retention.forget(october)).toBe('dropped')
    const store = createFrameStore(postgres)
    const [late] = drives()
    if (late === undefined) return expect.fail('drives have frames')
    await store.write([{ ...late, seq: Seq.parse(99_999) }])
    await mileage.stored([late])
    clock.set(later(END, minutes(10)))
    await countAll()
    expect(await newest()).toEqual(before)
    const [first] = await mileage.ledger(VEHICLE, FIRST, FIRST)
    expect(first?.revisions.map(({ reason }) => reason)).toEqual(['first', 'frames-gone'])
  })

  test.skipIf(kind !== 'PGlite' || !requireReal('influxdb'))(
    'InfluxDB gives the same ledger as the SQL database',
    async () => {
      const expected = await inOrder()
      await emptied(postgres)
      const server = await startInflux()
      const influx = createInfluxClient({
        url: server.url,
        api: 'v1',
        bucket: 'kordon',
        log: silentLog,
        count: () => {},
      })
      const { clock, deliver, countAll, newest } = house(postgres, influx)
      await deliver(drives().toReversed())
      clock.set(END)
      await countAll()
      expect(await newest()).toEqual(expected)
      influx.close()
      await server.stop()
    },
  )
})

afterAll(stopSqlServer)
