import { type EpochMs, later, type Millis, minutes } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { LeasingEvent } from '../leases/leasing-event.ts'
import type { Touched } from '../ledger/ledger-service.ts'
import type { BalanceRow } from '../postgres/ledger-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { type BalanceSource, SourceTrouble } from './balance-source.ts'
import type { BalanceChange, BalanceStore } from './balance-store.ts'
import { nextRound, retryAt } from './sweep.ts'

export type BalanceService = ReturnType<typeof createBalanceService>

type Deps = Pick<World, 'clock' | 'log' | 'randomBytes'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly sources: readonly BalanceSource[]
    readonly balanceStore: (db: Db) => BalanceStore
    /** Within the transaction: told once it has committed. */
    readonly emit: (db: Db, events: readonly LeasingEvent[]) => Promise<void>
  }

/** A round that an instance has begun and not gone on with for so long is another's. */
const HELD = minutes(2)

const eventOf = ({ driverId, kopecks, asOf, wasKopecks }: BalanceChange): LeasingEvent => ({
  name: 'balance.changed',
  driverId,
  kopecks,
  asOf,
  wasKopecks,
})

/** Balances of drivers, each with the time of its source's answer: read in rounds, and at once from our own ledger. */
export function createBalanceService(deps: Deps) {
  const { clock, log, inTransaction } = deps
  const reading = deps.balanceStore(deps.db)
  const random = (): number => (deps.randomBytes(1)[0] ?? 0) / 255

  const takePages = async (source: BalanceSource, startedAt: EpochMs, stop: AbortSignal) => {
    const count = { drivers: 0, strangers: 0, refused: 0 }
    let cursor: string | undefined
    do {
      const page = await source.page(cursor, stop)
      if (page.refused.length > 0)
        log.warn({ source: source.id, refused: page.refused.slice(0, 20) }, 'balance.records-refused')
      const known = await inTransaction(async (db) => {
        const taken = await deps.balanceStore(db).takePage(source.id, page.items, page.asOf)
        await deps.emit(db, taken.changes.map(eventOf))
        return taken.known
      })
      count.drivers += known
      count.strangers += page.items.length - known
      count.refused += page.refused.length
      cursor = page.next
    } while (cursor !== undefined && (await goesOn(source.id, startedAt)))
    return count
  }
  const goesOn = async (source: string, startedAt: EpochMs): Promise<boolean> => {
    return reading.keep(source, startedAt, later(clock.now(), HELD))
  }
  const round = async (source: BalanceSource, stop: AbortSignal): Promise<void> => {
    const startedAt = clock.now()
    const taken = await reading.take(source.id, startedAt, later(startedAt, HELD))
    if (taken === undefined) return
    try {
      const count = await takePages(source, startedAt, stop)
      const finishedAt = clock.now()
      const dueAt = nextRound(startedAt, random())
      await reading.finish(source.id, startedAt, { ...count, dueAt, failures: 0, finishedAt, trouble: null })
      log.info({ source: source.id, ...count, tookMs: finishedAt - startedAt }, 'balance.round')
    } catch (err) {
      const failures = taken.failures + 1
      const asked = err instanceof SourceTrouble ? err.retryAfterMs : undefined
      const dueAt = retryAt(clock.now(), failures, asked, random())
      // The words of a foreign error may repeat what was sent; ours do not.
      const trouble = err instanceof SourceTrouble ? err.message : 'failed on our side'
      log.warn(
        { source: source.id, failures, trouble, ...(err instanceof SourceTrouble ? {} : { err }) },
        'balance.round-failed',
      )
      const { drivers, strangers, refused, finishedAt } = taken
      await reading.finish(source.id, startedAt, { drivers, strangers, refused, finishedAt, dueAt, failures, trouble })
    }
  }

  return {
    open: () =>
      reading.declare(
        deps.sources.map(({ id }) => id),
        clock.now(),
      ),
    /** Goes the rounds that are due; to be called every few seconds. One failing source keeps no other from it. */
    sweep: async (stop: AbortSignal): Promise<void> => {
      await Promise.all(
        deps.sources.map((source) =>
          round(source, stop).catch((err: unknown) => log.warn({ err, source: source.id }, 'balance.round-failed')),
        ),
      )
    },
    /** The stored balance; undefined when none was ever told or it is older than `maxAge`. Never asks the source. */
    balanceOf: async (driver: DriverId, maxAge: Millis): Promise<Pick<BalanceRow, 'kopecks' | 'asOf'> | undefined> => {
      const [row] = await reading.of([driver])
      if (row === undefined || clock.now() - row.asOf > maxAge) return undefined
      return { kopecks: row.kopecks, asOf: row.asOf }
    },
    /** As stored, however old: `asOf` says. */
    balancesOf: async (drivers: readonly DriverId[]): Promise<ReadonlyMap<DriverId, BalanceRow>> =>
      new Map((await reading.of(drivers)).map((row) => [row.driverId, row])),
    /** The ledger has posted: the balance follows within the same transaction. */
    ledgerTouched: async (db: Db, touched: readonly Touched[]): Promise<void> => {
      const store = deps.balanceStore(db)
      const changes: BalanceChange[] = []
      for (const { driverId, kopecks, byKopecks, kind, at } of touched) {
        const own = await store.setOwn(driverId, kopecks, at)
        const elsewhere =
          own === undefined && kind === 'top-up' ? await store.addMeanwhile(driverId, byKopecks, at) : undefined
        const change = own ?? elsewhere
        if (change !== undefined && change.kopecks !== change.wasKopecks) changes.push(change)
      }
      await deps.emit(db, changes.map(eventOf))
    },
    /** A driver's balance counts elsewhere from now on: what was known is not that. */
    sourceChanged: async (db: Db, driver: DriverId): Promise<void> => {
      await deps.balanceStore(db).forget(driver)
    },
    sweeps: reading.sweeps,
    /** The next round of a source begins at once; false when there is no such source. */
    askNow: async (source: string): Promise<boolean> => {
      await reading.dueNow(source, clock.now())
      return deps.sources.some(({ id }) => id === source)
    },
    sources: (): readonly string[] => deps.sources.map(({ id }) => id),
  }
}
