import { DatabaseSync } from 'node:sqlite'
import type { GatewayId, StreamId } from '#contract/ids.ts'
import { type Clock, type EpochMs, millis } from '#contract/instant.ts'
import type { BatchItem, GatewayRecord } from '#contract/record.ts'
import type { JournalEntry } from './journal-entry.ts'
import { journalSql } from './journal-sql.ts'
import { cover, isIn, MAX_HOLES, type SeqRange, type StreamPosition } from './stream-position.ts'

/** What arrived in one message: records to store, or bytes to set aside; both count as covered. */
export type JournalBatch = {
  readonly gateway: GatewayId
  readonly receivedAt: EpochMs
  readonly stream: StreamId
  readonly range: SeqRange
  readonly items: readonly BatchItem[]
  /** Ranges the gateway declares lost in its `gap` events. */
  readonly declared: readonly { readonly stream: StreamId; readonly range: SeqRange }[]
  /** An undecodable batch, whole. */
  readonly unreadable?: { readonly reason: string; readonly bytes: Uint8Array }
}
/** An undecodable message of which not even the head could be read. */
export type SetAside = Pick<JournalBatch, 'gateway' | 'receivedAt'> & {
  readonly unreadable: { readonly reason: string; readonly bytes: Uint8Array }
}

export type Appended = {
  readonly through: number
  /** Records stored by this batch; the others had come before, or were refused. */
  readonly stored: number
  readonly duplicates: number
  readonly opened: SeqRange | undefined
}

export type JournalStore = {
  /** Resolves after the commit has reached the disk; rejects, with nothing stored of this batch, otherwise. */
  append(batch: JournalBatch): Promise<Appended>
  setAside(entry: SetAside): Promise<void>
  /** Entries behind `after`, oldest first. */
  read(after: number, limit: number): readonly JournalEntry[]
  /** The position of the newest entry. */
  head(): number
  /** Resolves at the next commit, or when `stop` fires. */
  committed(stop: AbortSignal): Promise<void>
  /** Where a projection stands; 0 at first. Naming it makes it known to `prune`. */
  cursor(projection: string): number
  moveCursor(projection: string, position: number): void
  forgetCursor(projection: string): void
  /** The last streams heard of from a gateway, newest first. */
  streamsOf(gateway: GatewayId, limit: number): readonly { readonly stream: StreamId; readonly through: number }[]
  /** Deletes entries older than `before` that every cursor has passed, and quarantine of that age; answers how many. */
  prune(before: EpochMs): number
  quarantined(limit: number): readonly QuarantineRow[]
  counts(): { readonly entries: number; readonly quarantine: number; readonly pending: number }
  close(): void
}
export type QuarantineRow = {
  readonly gateway: string
  readonly stream: string | null
  readonly seq: number | null
  readonly receivedAt: number
  readonly reason: string
  readonly bytes: Uint8Array
}

const COMMIT_RECORDS = 5000
const COMMIT_WAIT_MS = 5
/** Above this the broker has to slow down its gateways: the batch is refused, hence not acknowledged, hence sent again. */
const MAX_PENDING_RECORDS = 200_000
const PRUNE_STEP = 10_000
const QUARANTINE_ROWS = 100_000

type Pages = Map<string, { readonly id: number; readonly position: StreamPosition }>
type Waiting = {
  readonly entry: JournalBatch | SetAside
  readonly done: (appended: Appended) => void
  readonly fail: (cause: unknown) => void
}

/** The cloud's durable log: one SQLite file, WAL, synchronous FULL, one writer, group commit. `:memory:` for tests. */
export function createJournalStore({ path, clock }: { readonly path: string; readonly clock: Clock }): JournalStore {
  const db = new DatabaseSync(path)
  const sql = journalSql(db)
  // Cursors may fall back after a power cut, since projections repeat harmlessly: no flush is spent on them.
  const cursors = path === ':memory:' ? sql : journalSql(new DatabaseSync(path), 'NORMAL')
  const positions: Pages = new Map()
  const never = new AbortController().signal
  let waiting: Waiting[] = []
  let pending = 0
  let flushing: 'idle' | 'soon' | 'now' = 'idle'
  let lastCommitEnd = -Infinity
  let lastCommitMs = 0
  let listeners = new Set<() => void>()

  const positionOf = (gateway: GatewayId, stream: StreamId, touched: Pages) => {
    const key = `${gateway}/${stream}`
    const known = touched.get(key) ?? positions.get(key) ?? sql.loadStream(gateway, stream)
    touched.set(key, known)
    return known
  }

  const write = (entry: JournalBatch | SetAside, touched: Pages): Appended => {
    const { unreadable, gateway, receivedAt } = entry
    if (!('stream' in entry)) {
      sql.quarantine(gateway, null, null, receivedAt, entry.unreadable.reason, entry.unreadable.bytes)
      return { through: 0, stored: 0, duplicates: 0, opened: undefined }
    }
    const page = positionOf(gateway, entry.stream, touched)
    const { position, fresh, opened } = cover(page.position, entry.range)
    if (position.beyond.length > MAX_HOLES) throw new Error(`stream ${entry.stream} has too many holes`)
    touched.set(`${gateway}/${entry.stream}`, { id: page.id, position })
    let stored = 0
    let known = 0
    for (const item of entry.items)
      if (!isIn(fresh, item.seq)) known += 1
      else if ('record' in item) {
        sql.insertEntry(page.id, item.seq, receivedAt, JSON.stringify(item.record))
        stored += 1
      } else sql.quarantine(gateway, entry.stream, item.seq, receivedAt, item.refused, Buffer.from(item.text))
    if (unreadable !== undefined && fresh.length > 0)
      sql.quarantine(gateway, entry.stream, entry.range.from, receivedAt, unreadable.reason, unreadable.bytes)
    for (const gap of entry.declared) declare(gateway, gap, touched)
    const { through } = positionOf(gateway, entry.stream, touched).position
    return { through, stored, duplicates: known, opened }
  }

  const declare = (gateway: GatewayId, gap: JournalBatch['declared'][number], touched: Pages): void => {
    const page = positionOf(gateway, gap.stream, touched)
    touched.set(`${gateway}/${gap.stream}`, { id: page.id, position: cover(page.position, gap.range).position })
  }

  /** One transaction for all of them; a batch that fails on its own is tried once more without its neighbours. */
  const commit = (group: readonly Waiting[]): void => {
    const touched: Pages = new Map()
    const results: Appended[] = []
    db.exec('BEGIN IMMEDIATE')
    try {
      for (const { entry } of group) results.push(write(entry, touched))
      for (const { id, position } of touched.values()) sql.saveStream(id, position, clock.now())
      db.exec('COMMIT')
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
    for (const [key, page] of touched) positions.set(key, page)
    for (const key of positions.keys()) {
      if (positions.size <= 20_000) break
      positions.delete(key)
    }
    group.forEach(({ done }, index) => {
      const result = results[index]
      if (result !== undefined) done(result)
    })
  }

  const flush = (): void => {
    flushing = 'idle'
    const group = waiting
    waiting = []
    pending = 0
    if (group.length === 0) return
    const began = clock.steady()
    try {
      commit(group)
    } catch (cause) {
      for (const one of group) commitAlone(one, group.length === 1 ? { cause } : undefined)
    }
    lastCommitEnd = clock.steady()
    lastCommitMs = lastCommitEnd - began
    const woken = listeners
    listeners = new Set()
    for (const wake of woken) wake()
  }

  const commitAlone = (one: Waiting, failed: { readonly cause: unknown } | undefined): void => {
    try {
      if (failed !== undefined) throw failed.cause
      commit([one])
    } catch (cause) {
      one.fail(cause)
    }
  }

  // Waits for company at most as long as a few commits take, so that flushes cost a bounded share of the time.
  const schedule = (): void => {
    if (flushing === 'now') return
    const rest = lastCommitEnd + Math.min(COMMIT_WAIT_MS, 4 * lastCommitMs) - clock.steady()
    if (rest <= 0 || pending >= COMMIT_RECORDS) {
      flushing = 'now'
      setImmediate(flush)
    } else if (flushing === 'idle') {
      flushing = 'soon'
      void clock.sleep(millis(rest), never).then(() => {
        if (flushing === 'soon') flush()
      })
    }
  }

  const enqueue = (entry: JournalBatch | SetAside, records: number): Promise<Appended> =>
    new Promise((done, fail) => {
      if (pending + records > MAX_PENDING_RECORDS) return fail(new Error('the journal is behind'))
      waiting.push({ entry, done, fail })
      pending += records
      schedule()
    })

  return {
    append: (batch) => enqueue(batch, Math.max(1, batch.items.length)),
    setAside: async (entry) => void (await enqueue(entry, 1)),
    read: (after, limit) => sql.readEntries(after, limit).map(readEntry),
    head: sql.head,
    committed: (stop) =>
      new Promise((wake) => {
        if (stop.aborted) return wake()
        const listener = (): void => {
          stop.removeEventListener('abort', listener)
          listeners.delete(listener)
          wake()
        }
        listeners.add(listener)
        stop.addEventListener('abort', listener)
      }),
    cursor: cursors.cursor,
    moveCursor: cursors.moveCursor,
    forgetCursor: cursors.forgetCursor,
    streamsOf: sql.streamsOf,
    prune: (before) => {
      let total = 0
      for (;;) {
        const deleted = sql.prune(before, PRUNE_STEP)
        total += deleted
        if (deleted < PRUNE_STEP) break
      }
      sql.pruneQuarantine(before, QUARANTINE_ROWS)
      return total
    },
    quarantined: sql.quarantined,
    counts: () => ({ ...sql.counts(), pending }),
    close: () => {
      flush()
      if (cursors !== sql) cursors.close()
      sql.close()
    },
  }
}

type EntryRow = ReturnType<ReturnType<typeof journalSql>['readEntries']>[number]

/** Our own bytes, written after the contract's parser had accepted them. */
function readEntry({ position, gateway, stream, seq, receivedAt, record }: EntryRow): JournalEntry {
  const parsed: GatewayRecord = JSON.parse(record)
  return { position, gateway, stream, seq, receivedAt, record: parsed }
}
