import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight, type ParkId } from '../parks/park.ts'
import type { PaymentPromiseRow } from '../postgres/ledger-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import type { Account } from './account.ts'
import type { LedgerQuery, LedgerStore } from './ledger-store.ts'
import { type PostedBy, type Posting, promisePosting, reversalPosting, TransactionId, troubleWith } from './posting.ts'
import { judgePromise, PromiseId, type PromisePolicy, type PromiseState, promiseNow } from './promise.ts'
import type { PromiseStore } from './promise-store.ts'

/** What a posting has made of a driver's own account. */
export type Touched = {
  readonly driverId: DriverId
  readonly kopecks: number
  readonly byKopecks: number
  readonly kind: Posting['kind']
  readonly at: EpochMs
}

export type PromiseChanged = Pick<PaymentPromiseRow, 'id' | 'driverId' | 'kopecks' | 'untilAt' | 'state'>

export type Posted = { readonly outcome: 'posted' | 'known'; readonly id: TransactionId }

export type LedgerService = ReturnType<typeof createLedgerService>

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly ledgerStore: (db: Db) => LedgerStore
    readonly promiseStore: (db: Db) => PromiseStore
    readonly promisePolicy: () => Promise<PromisePolicy>
    /** Within the posting's transaction: the balances that hang on the ledger change with it. */
    readonly touched: (db: Db, touched: readonly Touched[]) => Promise<void>
    /** Within the transaction, too. */
    readonly promiseChanged: (db: Db, promise: PromiseChanged) => Promise<void>
  }

const Place = z.strictObject({ number: z.int() })
const RULE = { kind: 'rule', id: 'promise', name: 'Обещанный платёж' } as const

/** Money, entry by entry: posted once per key, never changed, undone by a reversal. */
export function createLedgerService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.ledgerStore(deps.db)

  /** Faults: ledger/key-reused. */
  const postWithin = async (db: Db, posting: Posting): Promise<Posted> => {
    const trouble = troubleWith(posting)
    if (trouble !== undefined) throw new Error(`posting ${posting.key}: ${trouble}`)
    const store = deps.ledgerStore(db)
    const id = TransactionId.parse(deps.uuid())
    const now = clock.now()
    if (!(await store.add(id, posting, now))) {
      const known = await store.byKey(posting.key)
      if (known === undefined) throw new Error(`posting ${posting.key} is neither new nor known`)
      if (known.kind !== posting.kind || known.parkId !== posting.parkId) throw new Fault('ledger/key-reused')
      return { outcome: 'known', id: known.id }
    }
    const own = posting.entries.filter(({ account }) => account.kind === 'driver')
    const sums = await store.accounts(own.map(({ account }) => account.code))
    const touched = own.flatMap(({ account, kopecks: byKopecks }) => {
      const sum = sums.find(({ code }) => code === account.code)
      if (account.driverId === null || sum === undefined) return []
      return [{ driverId: account.driverId, kopecks: sum.kopecks, byKopecks, kind: posting.kind, at: now }]
    })
    await deps.touched(db, touched)
    if (posting.kind === 'top-up') for (const { driverId } of touched) await settle(db, driverId)
    return { outcome: 'posted', id }
  }
  /** The same event again must also be of the same money: a key that was used for another sum is a mistake. */
  const post = (posting: Posting): Promise<Posted> =>
    inTransaction(async (db) => {
      const posted = await postWithin(db, posting)
      if (posted.outcome === 'posted') return posted
      const entries = await deps.ledgerStore(db).entriesOf([posted.id])
      const same =
        entries.length === posting.entries.length &&
        posting.entries.every(({ account, kopecks }) =>
          entries.some((entry) => entry.account === account.code && entry.kopecks === kopecks),
        )
      if (!same) throw new Fault('ledger/key-reused')
      return posted
    })

  /** An open promise is kept as soon as enough has come in, and broken once its time is over. */
  const settle = async (db: Db, driverId: DriverId): Promise<void> => {
    const promise = await deps.promiseStore(db).openOf(driverId)
    if (promise === undefined) return
    const paid = await deps.ledgerStore(db).paidSince(driverId, promise.promisedAt)
    const state = promiseNow(promise, paid, clock.now())
    if (state !== 'open') await end(db, promise, state, RULE)
  }
  const end = async (db: Db, promise: PaymentPromiseRow, state: Exclude<PromiseState, 'open'>, by: PostedBy) => {
    const at = clock.now()
    await deps.promiseStore(db).settle(promise.id, state, at)
    const { driverId, parkId, kopecks } = promise
    const key = `promise-end ${promise.id}`
    await postWithin(db, promisePosting({ key, at, parkId, driverId, kopecks: -kopecks, note: state, by }))
    await deps.promiseChanged(db, { ...promise, state })
  }

  const begin = async (
    db: Db,
    wish: Pick<PaymentPromiseRow, 'driverId' | 'parkId' | 'kopecks' | 'untilAt' | 'note'>,
    by: PostedBy,
  ): Promise<PaymentPromiseRow> => {
    const promisedAt = clock.now()
    const row: PaymentPromiseRow = {
      ...wish,
      id: PromiseId.parse(deps.uuid()),
      promisedAt,
      state: 'open',
      settledAt: null,
      byKind: by.kind,
      byId: by.id,
      byName: by.name,
    }
    await deps.promiseStore(db).insert(row)
    const { driverId, parkId, kopecks, note } = wish
    await postWithin(
      db,
      promisePosting({ key: `promise ${row.id}`, at: promisedAt, parkId, driverId, kopecks, note, by }),
    )
    await deps.promiseChanged(db, row)
    return row
  }

  return {
    post,
    postWithin,
    /** Faults: ledger/unknown, ledger/already-reversed, ledger/not-reversible. */
    reverse: (id: TransactionId, note: string, by: PostedBy, parks: ParksInSight): Promise<Posted> =>
      inTransaction(async (db) => {
        const store = deps.ledgerStore(db)
        const original = await store.byId(id)
        if (original === undefined || !isInSight(parks, original.parkId)) throw new Fault('ledger/unknown')
        if (['reversal', 'promise', 'promise-end', 'merge'].includes(original.kind))
          throw new Fault('ledger/not-reversible')
        if ((await store.reversalOf(id)) !== undefined) throw new Fault('ledger/already-reversed')
        const rows = await store.entriesOf([id])
        const accounts = await store.accounts(rows.map(({ account }) => account))
        const entries = rows.map(({ account: code, kopecks }) => {
          const account: Account | undefined = accounts.find((one) => one.code === code)
          if (account === undefined) throw new Error(`account ${code} is gone`)
          return { account, kopecks }
        })
        const posted = await postWithin(db, reversalPosting({ ...original, entries }, { at: clock.now(), note, by }))
        if (posted.outcome === 'known') throw new Fault('ledger/already-reversed')
        return posted
      }),
    /** Newest first. Faults: list/bad-cursor. */
    list: async (query: Omit<LedgerQuery, 'before'> & { readonly cursor?: string | undefined }) => {
      const { limit, cursor } = query
      const rows = await reading.list({ ...query, limit: limit + 1, before: placeFrom(Place, cursor)?.number })
      const page = rows.slice(0, limit)
      const entries = Map.groupBy(await reading.entriesOf(page.map(({ id }) => id)), (entry) => entry.transactionId)
      const last = rows.length > limit ? page.at(-1) : undefined
      return {
        items: page.map((row) => ({ row, entries: entries.get(row.id) ?? [] })),
        nextCursor: last === undefined ? null : cursorFrom({ number: last.number }),
      }
    },
    /** Faults: ledger/unknown. */
    view: async (id: TransactionId, parks: ParksInSight) => {
      const row = await reading.byId(id)
      if (row === undefined || !isInSight(parks, row.parkId)) throw new Fault('ledger/unknown')
      return { row, entries: await reading.entriesOf([id]) }
    },
    accountsOf: reading.accountsOf,
    statement: reading.statement,

    /** Faults: promise/refused with `why`. */
    promise: async (
      wish: {
        readonly driverId: DriverId
        readonly parkId: ParkId
        readonly kopecks: number
        readonly until: EpochMs
        readonly note: string
      },
      by: PostedBy,
    ): Promise<PaymentPromiseRow> => {
      const policy = await deps.promisePolicy()
      return inTransaction(async (db) => {
        const store = deps.promiseStore(db)
        const { driverId, parkId, kopecks, until, note } = wish
        await settle(db, driverId)
        const now = clock.now()
        const verdict = judgePromise(wish, await store.newestOf(driverId), policy, now)
        if (verdict !== 'good') throw new Fault('promise/refused', verdict, { why: verdict })
        return begin(db, { driverId, parkId, kopecks, untilAt: until, note }, by)
      })
    },
    /**
     * Within the caller's transaction: a person of the park has agreed with the driver, whatever was promised before. The
     * policy binds drivers, not their agreement with a person; a time that is over promises nothing.
     */
    agreeWithin: async (
      db: Db,
      wish: Pick<PaymentPromiseRow, 'driverId' | 'parkId' | 'kopecks' | 'untilAt' | 'note'>,
      by: PostedBy,
    ): Promise<void> => {
      const now = clock.now()
      if (wish.untilAt <= now) return
      const open = await deps.promiseStore(db).openOf(wish.driverId)
      if (open !== undefined) await end(db, open, 'withdrawn', by)
      await begin(db, wish, by)
    },
    /** Faults: promise/none. */
    withdrawPromise: (id: PromiseId, by: PostedBy, parks: ParksInSight): Promise<void> =>
      inTransaction(async (db) => {
        const known = await deps.promiseStore(db).find(id)
        if (known === undefined || !isInSight(parks, known.parkId)) throw new Fault('promise/none')
        const open = await deps.promiseStore(db).openOf(known.driverId)
        if (open?.id !== id) throw new Fault('promise/none')
        await end(db, open, 'withdrawn', by)
      }),
    promises: deps.promiseStore(deps.db).list,
    /** Whether a driver's promise runs: for rules. */
    hasPromise: async (driverId: DriverId): Promise<boolean> => {
      const newest = await deps.promiseStore(deps.db).newestOf(driverId)
      return newest?.state === 'open' && newest.untilAt >= clock.now()
    },
    /** Settles promises whose time is over; answers how many. */
    settleOverdue: async (limit: number): Promise<number> => {
      const drivers = await deps.promiseStore(deps.db).overdue(clock.now(), limit)
      for (const driverId of drivers) await inTransaction((db) => settle(db, driverId))
      return drivers.length
    },
  }
}
