import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { GatewayEvent } from '#contract/event.ts'
import { type Seq, Seq as SeqSchema, type StreamId, StreamId as StreamIdSchema } from '#contract/ids.ts'
import { type Clock, type Millis, millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { Log } from '../log.ts'
import { inTransaction } from '../state/transaction.ts'
import { survivors } from './frame-thinning.ts'
import { outboxSql } from './outbox-sql.ts'
import { type PendingRecord, pendingRecord, thinnedPending } from './pending-records.ts'
import { RECORD_FORM, readableRecord } from './stored-body.ts'
import type { StreamHeadStore } from './stream-head-store.ts'

/** A stored record with what never goes on the wire: the boot and monotonic moment it was made in. */
export type StoredRecord = {
  readonly seq: Seq
  readonly record: GatewayRecord
  readonly boot: string
  readonly steadyAt: Millis
  /** Length of its JSON, in bytes. */
  readonly bytes: number
}

/** Records of one stream with consecutive numbers, committed, oldest first. */
export type OutboxBatch = { readonly stream: StreamId; readonly records: readonly StoredRecord[] }

export type OutboxStream = { readonly stream: StreamId; readonly fresh: 'live' | 'backlog' }

export type OutboxStore = {
  /**
   * Takes a record; it is on disk, numbered, only when `flush` has returned. While the disk refuses, memory is bounded:
   * beyond 20,000 waiting records frames are thinned, and an event says how many once the disk takes them.
   */
  append(record: GatewayRecord): void
  /** Commits what was taken: all of it or, when this throws, none (it is kept for the next try). Answers how many. */
  flush(): number
  /** Every stream that still holds records, backlog first; the live one is always named. */
  streams(): readonly OutboxStream[]
  /** Numbers through `seq` may have reached the cloud from now on. Called before they are sent. */
  markSent(stream: StreamId, seq: number): void
  /** The oldest records of a stream above `seq`. Undefined when there are none. */
  after(stream: StreamId, seq: number, limit: number): OutboxBatch | undefined
  /**
   * The same records one after another, for as long as `take` wants more: a backlog's are too many to be held at once.
   * Nothing may be written here before it returns.
   */
  each(stream: StreamId, seq: number, limit: number, take: (stored: StoredRecord) => 'more' | 'enough'): void
  /** Forgets what a receipt covers. A receipt for numbers never given proves a restored file: a new stream is opened. */
  forgetThrough(stream: StreamId, through: number): void
  /** Lets fresh records start a stream of their own; the old one drains beside it. */
  openStream(): void
  size(): { readonly records: number; readonly bytes: number }
  /** The number before the oldest record that the stream still holds, or before its next one: all these were let go. */
  forgottenThrough(stream: StreamId): number
  /** Names the ranges that were thinned and not yet named: at each thinning, and once more at each start. */
  announceGaps(): void
  /** A short text kept in the same transaction as the records of each flush. */
  note(): string | undefined
}

type Deps = {
  readonly db: DatabaseSync
  readonly name: string
  readonly heads: StreamHeadStore
  readonly clock: Clock
  readonly log: Pick<Log, 'error'>
  readonly boot: string
  readonly uuid: () => string
  /** Above this size the oldest unsent frames are thinned. Absent: never. */
  readonly maxBytes?: number
  /** Where a thinned range is announced; `waiting` when the announcement is not on disk yet. */
  readonly announce?: (gap: GatewayEvent) => 'stored' | 'waiting'
  readonly noteNow?: () => string
}

/** Numbers are reserved in the state file by blocks, so that a restored outbox cannot use one twice unseen. */
const RESERVE = 1000
const THIN_CHUNK = 20_000
const MOST_PENDING = 20_000

/** One numbered, durable, bounded log. Throws when the file is not usable. */
export function createOutboxStore(deps: Deps): OutboxStore {
  const { db, heads, clock } = deps
  const sql = outboxSql(db)
  let pending: PendingRecord[] = []
  let dropped = 0
  /** Numbers that may have been sent though the disk did not take the mark. */
  const sentUnmarked = new Map<number, number>()
  const announced = new Set<number>()
  let size = readSize()
  /** Whether the live stream was begun by this start; one that was not takes no more records. */
  let isOurs = false
  let live = openLive()

  function readSize(): { records: number; bytes: number } {
    const row = sql.bytes.get()
    return { records: Number(row?.['records']), bytes: Number(row?.['bytes']) }
  }

  function addLive(): { no: number; stream: StreamId; next: number; reserved: number } {
    const stream = StreamIdSchema.parse(deps.uuid())
    heads.put(deps.name, { stream, reserved: RESERVE })
    const { lastInsertRowid } = sql.addStream.run(stream, 0)
    isOurs = true
    return { no: Number(lastInsertRowid), stream, next: 1, reserved: RESERVE }
  }

  /** Goes on with the file's stream only when the state file agrees with it; see `RESERVE`. */
  function openLive(): ReturnType<typeof addLive> {
    const row = sql.liveStream.get()
    const head = heads.get(deps.name)
    if (row === undefined || head === undefined || row['stream'] !== head.stream) return addLive()
    const next = Number(row['next_seq'])
    if (next - 1 > head.reserved || next - 1 < head.reserved - RESERVE) return addLive()
    return { no: Number(row['no']), stream: head.stream, next, reserved: head.reserved }
  }

  function flush(): number {
    const { length: count } = pending
    if (count === 0) return 0
    // Found by simulation: a card brought back to where it was minutes ago looks whole, and would number anew what the
    // cloud already has under those numbers. So every start numbers in a stream of its own, once it has something to say.
    if (!isOurs) live = addLive()
    while (live.next + count - 1 > live.reserved) {
      heads.put(deps.name, { stream: live.stream, reserved: live.reserved + RESERVE })
      live.reserved += RESERVE
    }
    let [seq, bytes] = [live.next, 0]
    inTransaction(db, () => {
      for (const { body, steadyAt } of pending) {
        sql.insert.run(live.no, seq, body, deps.boot, steadyAt, markOf(body))
        bytes += body.length + 64
        seq += 1
      }
      if (deps.noteNow !== undefined) sql.setNote.run(deps.noteNow())
    })
    live.next = seq
    pending = []
    size = { records: size.records + count, bytes: size.bytes + bytes }
    if (dropped > 0) nameDropped()
    if (deps.maxBytes !== undefined && size.bytes > deps.maxBytes) thinIfPossible()
    return count
  }

  /** Row by row: a thousand rows beside what they become would outlive the youngest part of a gateway's small heap. */
  function* rows(no: number, seq: number, limit: number): Generator<StoredRecord> {
    let boot = deps.boot
    for (const row of sql.after.iterate(no, seq, limit)) {
      if (row['boot'] !== boot) boot = String(row['boot'])
      yield storedRecord(row, boot)
    }
  }

  function eachOf(no: number, seq: number, limit: number, take: (stored: StoredRecord) => 'more' | 'enough'): void {
    let expected: number | undefined
    for (const stored of rows(no, seq, limit)) {
      if (expected !== undefined && stored.seq !== expected) return
      expected = stored.seq + 1
      if (take(stored) === 'enough') return
    }
  }

  function nameDropped(): void {
    const lost = dropped
    dropped = 0
    deps.announce?.({ kind: 'event', name: 'frames-thinned', at: clock.now(), data: { reason: 'disk', frames: lost } })
  }

  /** What was taken is safe by now; a disk that cannot even thin is tried again after the next commit. */
  function thinIfPossible(): void {
    try {
      thin()
    } catch (cause) {
      deps.log.error({ err: cause }, 'outbox.not-thinned')
    }
  }

  /**
   * Halves the oldest unsent frames of the least thinned stream. The survivors move to a stream of their own, so that no
   * stream has holes beyond the one range that a single `gap` event names.
   */
  function thin(): void {
    const row = sql.thinnest.get()
    if (row === undefined) return
    const [no, level] = [Number(row['no']), Number(row['level'])]
    const sent = Math.max(Number(row['sent']), sentUnmarked.get(no) ?? 0)
    const chunk = [...rows(no, sent, THIN_CHUNK)]
    const keep = survivors(chunk.map(({ record }) => record))
    const [first, last] = [chunk[0], chunk.at(-1)]
    if (first === undefined || last === undefined) return
    const kept = chunk.filter((_, index) => keep[index])
    const stream = StreamIdSchema.parse(deps.uuid())
    const gap: GatewayEvent = {
      kind: 'event',
      name: 'gap',
      at: clock.now(),
      data: {
        stream: String(row['stream']),
        from: first.seq,
        to: last.seq,
        reason: 'outbox-full',
        keptAs: stream,
        kept: kept.length,
        ...lostTime(first.record, last.record),
      },
    }
    inTransaction(db, () => {
      const { lastInsertRowid } = sql.addStream.run(stream, level + 1)
      sql.emptied.run(no, last.seq)
      sql.cut.run(no, first.seq, last.seq)
      for (const [index, { record, boot, steadyAt }] of kept.entries()) {
        const body = JSON.stringify(record)
        sql.insert.run(lastInsertRowid, index + 1, body, boot, steadyAt, markOf(body))
      }
      sql.addGap.run(JSON.stringify(gap))
    })
    size = readSize()
    announceGaps()
  }

  /** At least once: a power cut between the cut and its announcement must not leave a hole that nobody explains. */
  function announceGaps(): void {
    const { announce } = deps
    if (announce === undefined) return
    for (const row of sql.gaps.all()) {
      const id = Number(row['id'])
      if (announced.has(id)) continue
      announced.add(id)
      if (announce(GatewayEvent.parse(JSON.parse(String(row['event'])))) === 'stored') sql.dropGap.run(id)
    }
  }

  /**
   * Reserved ahead, in steps: a number that may have been sent is never thinned away or given to another record. A disk
   * that takes no mark must not stop the sending, which is the only way to make room: this run remembers instead.
   */
  function markSent(no: number, seq: number): void {
    if (seq <= (sentUnmarked.get(no) ?? 0)) return
    try {
      sql.sent.run(seq + RESERVE, no, seq)
    } catch {
      sentUnmarked.set(no, seq + RESERVE)
    }
  }

  return {
    append: (record) => {
      pending.push(pendingRecord(record, clock.steady(), clock.now()))
      if (pending.length <= MOST_PENDING) return
      const kept = thinnedPending(pending)
      dropped += pending.length - kept.length
      pending = kept
    },
    flush,
    streams: () =>
      sql.withRecords.all(live.no).map((row) => ({
        stream: StreamIdSchema.parse(row['stream']),
        fresh: Number(row['no']) === live.no ? 'live' : 'backlog',
      })),
    after: (stream, seq, limit) => {
      const known = sql.byName.get(stream)
      if (known === undefined) return undefined
      const records: StoredRecord[] = []
      eachOf(Number(known['no']), seq, limit, (stored) => {
        records.push(stored)
        return 'more'
      })
      return records.length === 0 ? undefined : { stream, records }
    },
    each: (stream, seq, limit, take) => {
      const known = sql.byName.get(stream)
      if (known !== undefined) eachOf(Number(known['no']), seq, limit, take)
    },
    markSent: (stream, seq) => {
      const known = sql.byName.get(stream)
      if (known !== undefined && seq > Number(known['sent'])) markSent(Number(known['no']), seq)
    },
    forgetThrough: (stream, through) => {
      const known = sql.byName.get(stream)
      if (known === undefined) return
      const no = Number(known['no'])
      if (no === live.no && through >= live.next) {
        live = addLive()
        return
      }
      const covered = sql.coveredSize.get(no, through)
      if (Number(covered?.['records']) === 0) return
      inTransaction(db, () => {
        sql.emptied.run(no, through)
        sql.forget.run(no, through)
      })
      size = {
        records: size.records - Number(covered?.['records']),
        bytes: size.bytes - Number(covered?.['bytes']),
      }
      if (no !== live.no) sql.drop.run(live.no)
    },
    openStream: () => {
      live = addLive()
    },
    size: () => size,
    forgottenThrough: (stream) => {
      const known = sql.byName.get(stream)
      const oldest = known && sql.oldest.get(Number(known['no']))?.['seq']
      return Number(oldest ?? known?.['next_seq'] ?? 1) - 1
    },
    announceGaps,
    note: () => {
      const row = sql.note.get()
      return row === undefined ? undefined : String(row['text'])
    },
  }
}

/** Kept beside each body: whoever finds it again knows that this text was checked against this form and is whole. */
const markOf = (body: string): number => crc32(body, RECORD_FORM)

function storedRecord(row: Record<string, unknown>, boot: string): StoredRecord {
  const body = String(row['body'])
  return {
    seq: SeqSchema.parse(row['seq']),
    record: readableRecord(body, row['mark'] === markOf(body)),
    boot,
    steadyAt: millis(Number(row['steady'])),
    bytes: Buffer.byteLength(body),
  }
}

/** Of when the thinned frames are: a full outbox thins days later, and whoever looks at the hole asks why it is there. */
const lostTime = (first: GatewayRecord, last: GatewayRecord): object =>
  first.kind === 'frame' && last.kind === 'frame' ? { since: first.readAt, until: last.readAt } : {}
