import type { VehicleId } from '#contract/ids.ts'
import { type Clock, type EpochMs, later, minutes } from '#contract/instant.ts'
import { boundsOf, type Day, dayOf, daysThrough } from '../calendar/moscow-day.ts'
import type { History, HistoryFrame } from '../history/history.ts'
import type { Log } from '../log.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { countDay, type DayValue, revise } from './ledger.ts'
import type { DayRevision, DueDay, LedgerStore, Mark } from './ledger-store.ts'

/** A day with every value it has had, the newest last. */
export type LedgerDay = { readonly day: Day; readonly revisions: readonly DayRevision[] }
/** `closed`: as the ledger has it. `running`: the day is not over, or its value is about to be counted (anew). */
export type DailyMileage = DayValue & { readonly day: Day; readonly state: 'closed' | 'running' }

export type MileageService = {
  /** Frames have been stored: their days are to be counted. To be awaited before the journal moves on. */
  stored(frames: readonly HistoryFrame[]): Promise<void>
  /** Counts some of what is due; answers how many days it took up, 0 when nothing is due. Rejects when history does. */
  countDue(): Promise<number>
  ledger(vehicleId: VehicleId, from: Day, to: Day): Promise<readonly LedgerDay[]>
  /** Kilometres of a usual day of the last two weeks; a vehicle of which too few days are counted is absent. */
  paceOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, number>>
  /** Days of which nothing is known are left out. */
  daily(vehicleId: VehicleId, from: Day, to: Day): Promise<readonly DailyMileage[]>
}

type Deps = {
  readonly db: Db
  readonly inTransaction: Postgres['inTransaction']
  readonly ledgerStore: (db: Db) => LedgerStore
  readonly history: Pick<History, 'track'>
  readonly clock: Clock
  readonly log: Log
}

/** A day is counted when cars in garages have had time to send; what comes later gets company for two minutes. */
const AFTER_DAY = minutes(15)
const AFTER_LATE = minutes(2)
const TWO_WEEKS = minutes(14 * 24 * 60)
const AT_ONCE = 50
const REMEMBERED = 100_000

/** The kilometres of every vehicle and lease day, counted from history and never from the order in which it arrived. */
export function createMileageService(deps: Deps): MileageService {
  const { db, history, clock, log } = deps
  const store = deps.ledgerStore(db)
  /** By running day, the vehicles that are marked already: their mark cannot be taken off before the day is over. */
  const marked = new Map<Day, Set<VehicleId>>()
  let marks = 0
  const forgetMarks = (): void => {
    marked.clear()
    marks = 0
  }
  const isMarked = (vehicleId: VehicleId, day: Day): boolean => {
    const vehicles = marked.get(day) ?? new Set()
    if (vehicles.has(vehicleId)) return true
    marked.set(day, vehicles.add(vehicleId))
    marks += 1
    return false
  }

  /** The day of the frame before is nearly always the day of this one, and naming a day is dear. */
  let latest = { day: dayOf(clock.now()), ...boundsOf(dayOf(clock.now())) }
  const markOf = (vehicleId: VehicleId, readAt: EpochMs, now: EpochMs): Mark | undefined => {
    if (readAt < latest.from || readAt >= latest.to) latest = { day: dayOf(readAt), ...boundsOf(dayOf(readAt)) }
    const { day, to: end } = latest
    if (now < end && isMarked(vehicleId, day)) return undefined
    const closes = later(end, AFTER_DAY)
    return { vehicleId, day, dueAt: now < closes ? closes : later(now, AFTER_LATE) }
  }
  const framesOf = (vehicleId: VehicleId, day: Day) => {
    const { from, to } = boundsOf(day)
    return history.track(vehicleId, from, to)
  }

  const count = async (due: DueDay): Promise<void> => {
    const { vehicleId, day } = due
    // Read now, not when it was claimed: the day before it, counted a moment ago, may have marked it again.
    const version = await store.versionOf(vehicleId, day)
    if (version === undefined) return
    const known = await store.newest(vehicleId, day)
    const fresh = countDay(await framesOf(vehicleId, day), await store.carryBefore(vehicleId, day))
    const revision = revise(known, fresh)
    const now = clock.now()
    await deps.inTransaction(async (within) => {
      const ledger = deps.ledgerStore(within)
      if (revision !== undefined) {
        const { value, reason } = revision
        const row = { ...value, vehicleId, day, revision: (known?.revision ?? 0) + 1, reason, computedAt: now }
        // Another instance was first: the mark stays, and the day is looked at again.
        if (!(await ledger.add(row))) return
        if (value.carry !== known?.carry) await ledger.markNext(vehicleId, day, now)
      }
      await ledger.settle(due, version)
    })
    if (revision !== undefined && revision.reason !== 'first')
      log.info({ vehicleId, day, reason: revision.reason, km: revision.value.km, before: known?.km }, 'mileage.revised')
  }

  return {
    stored: async (frames) => {
      const now = clock.now()
      if (marks > REMEMBERED) forgetMarks()
      const fresh = new Map<string, Mark>()
      try {
        for (const { vehicleId, frame } of frames) {
          const mark = vehicleId === undefined ? undefined : markOf(vehicleId, frame.readAt, now)
          if (mark !== undefined) fresh.set(`${mark.vehicleId} ${mark.day}`, mark)
        }
        await store.mark([...fresh.values()])
      } catch (cause) {
        forgetMarks()
        throw cause
      }
    },
    countDue: async () => {
      const due = await store.claim(clock.now(), AT_ONCE)
      for (const day of due) await count(day)
      return due.length
    },
    paceOf: (vehicles) => store.paceOf(vehicles, dayOf(later(clock.now(), -TWO_WEEKS))),
    ledger: async (vehicleId, from, to) => {
      const days = Map.groupBy(await store.between(vehicleId, from, to), ({ day }) => day)
      return [...days].map(([day, revisions]) => ({ day, revisions }))
    },
    daily: async (vehicleId, from, to) => {
      const newest = new Map((await store.between(vehicleId, from, to)).map((revision) => [revision.day, revision]))
      const due = new Set(await store.dueDays(vehicleId, from, to))
      const days: DailyMileage[] = []
      let carry = await store.carryBefore(vehicleId, from)
      const now = clock.now()
      for (const day of daysThrough(from, to)) {
        // A clock that is ahead has driven nothing yet.
        if (boundsOf(day).from > now) break
        const known = newest.get(day)
        if (known === undefined && !due.has(day)) continue
        const value = due.has(day) || known === undefined ? countDay(await framesOf(vehicleId, day), carry) : known
        const held = known !== undefined && value.frames < known.frames ? known : value
        days.push({ ...held, day, state: due.has(day) ? 'running' : 'closed' })
        carry = held.carry
      }
      return days
    },
  }
}
