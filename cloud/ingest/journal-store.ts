import { DatabaseSync } from 'node:sqlite'
import type { GatewayId, StreamId } from '#contract/ids.ts'
import type { Clock, EpochMs } from '#contract/instant.ts'
import type { BatchItem } from '#contract/record.ts'
import { createGroupCommit } from './group-commit.ts'
import { createCommit } from './journal-commit.ts'
import type { JournalEntry } from './journal-entry.ts'
import { journalSql } from './journal-sql.ts'
import { createJournalTail } from './journal-tail.ts'
import { quarantineSql } from './quarantine-sql.ts'
import type { SeqRange, StreamPosition } from './stream-position.ts'

/** What arrived in one message: records to store, or bytes to set aside; both count as covered. */
export type JournalBatch = {
  readonly gateway: GatewayId
  readonly receivedAt: EpochMs
  readonly stream: StreamId
  readonly range: SeqRange
  readonly items: readonly BatchItem[]
  /** The JSON of all items' records, where it is known already: of one the object, of several an array. */
  readonly json?: Uint8Array | undefined
  /** Ranges the gateway declares lost in its `gap` events. */
  readonly declared: readonly { readonly stream: StreamId; readonly range: SeqRange }[]
  /** An undecodable batch, whole. */
  readonly unreadable?: { readonly reason: string; readonly bytes: Uint8Array }
}
/** An undecodable message of which not even the head could be read. */
export type SetAside = Pick<JournalBatch, 'gateway' | 'receivedAt'> & {
  readonly unreadable: { readonly reason: string; readonly bytes: Uint8Array }
}

/** What was quarantined and can be read by now. Its numbers are covered as a rule, but nothing is stored under them. */
export type TakenBack = Omit<JournalBatch, 'unreadable'> & { readonly id: number }

/** What other instances have of a stream: covered here too, so that it is a duplicate when it comes. */
export type Learned = {
  readonly learned: readonly {
    readonly gateway: GatewayId
    readonly stream: StreamId
    readonly position: StreamPosition
  }[]
}

export type Appended = {
  readonly through: number
  readonly position: StreamPosition
  /** Records stored by this batch; the others had come before, or were refused. */
  readonly stored: number
  readonly duplicates: number
  readonly opened: SeqRange | undefined
}

export type JournalStore = {
  /** Resolves after the commit has reached the disk; rejects, with nothing stored of this batch, otherwise. */
  append(batch: JournalBatch): Promise<Appended>
  /** The same without a promise: what a message costs here, it costs thirty thousand times a second. */
  take(batch: JournalBatch, done: (appended: Appended) => void, fail: (cause: unknown) => void): void
  setAside(entry: SetAside): Promise<void>
  /** Resolves after the commit, as `append` does. */
  learn(streams: Learned['learned']): Promise<void>
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
  /**
   * Deletes some of the entries older than `before` that every cursor has passed; answers how many. When there are none any
   * more: quarantine of that age.
   */
  prune(before: EpochMs): number
  quarantined(limit: number): readonly QuarantineRow[]
  readonly quarantine: ReturnType<typeof quarantineSql>
  /** Stores what is missing and ends its quarantine, in one commit. A record that is still refused is quarantined alone. */
  takeBack(batch: TakenBack): Promise<Appended>
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

/** Some ten milliseconds, in which nothing else is done. */
const PRUNE_STEP = 1000
/** Some 40 MB when full: as far as a history may fall behind before it reads from the file. */
const TAIL_ENTRIES = 50_000

/** The cloud's durable log: one SQLite file, WAL, synchronous FULL, one writer, group commit. `:memory:` for tests. */
export function createJournalStore({ path, clock }: { readonly path: string; readonly clock: Clock }): JournalStore {
  const db = new DatabaseSync(path)
  const sql = journalSql(db)
  const quarantine = quarantineSql(db)
  // Cursors may fall back after a power cut, since projections repeat harmlessly: no flush is spent on them.
  const cursors = path === ':memory:' ? sql : journalSql(new DatabaseSync(path), 'NORMAL')
  const tail = createJournalTail(TAIL_ENTRIES)
  /** How far each projection has come, as said since the start. */
  const readers = new Map<string, number>()
  const wakers = new Set<() => void>()
  const commits = createGroupCommit({
    commit: createCommit({ db, sql, quarantine, tail, clock }),
    flushed: () => {
      for (const wake of [...wakers]) wake()
    },
    soon: (run) => void setImmediate(run),
    clock,
  })
  const take: JournalStore['take'] = (batch, done, fail) =>
    commits.add(batch, Math.max(1, batch.items.length), done, fail)
  return {
    append: (batch) => new Promise((done, fail) => take(batch, done, fail)),
    take,
    setAside: (entry) => new Promise((done, fail) => commits.add(entry, 1, () => done(), fail)),
    learn: (learned) => new Promise((done, fail) => commits.add({ learned }, learned.length, () => done(), fail)),
    read: (after, limit) => tail.read(after, limit) ?? sql.readEntries(after, limit),
    head: sql.head,
    committed: (stop) =>
      new Promise((done) => {
        if (stop.aborted) return done()
        const wake = (): void => {
          stop.removeEventListener('abort', wake)
          wakers.delete(wake)
          done()
        }
        wakers.add(wake)
        stop.addEventListener('abort', wake)
      }),
    cursor: (projection) => {
      const position = cursors.cursor(projection)
      readers.set(projection, position)
      return position
    },
    moveCursor: (projection, position) => {
      cursors.moveCursor(projection, position)
      readers.set(projection, position)
      tail.passed(Math.min(...readers.values()))
    },
    forgetCursor: (projection) => {
      cursors.forgetCursor(projection)
      readers.delete(projection)
    },
    streamsOf: sql.streamsOf,
    prune: (before) => {
      const deleted = sql.prune(before, PRUNE_STEP)
      if (deleted > 0) tail.cut(sql.deletedThrough())
      else quarantine.prune(before)
      return deleted
    },
    quarantined: sql.quarantined,
    quarantine,
    takeBack: (batch) => new Promise((done, fail) => commits.add(batch, batch.items.length, done, fail)),
    counts: () => ({ ...sql.counts(), pending: commits.pending() }),
    close: () => {
      commits.flush()
      if (cursors !== sql) cursors.close()
      sql.close()
    },
  }
}
