import type { DatabaseSync } from 'node:sqlite'
import type { GatewayEvent } from '#contract/event.ts'
import { type Seq, Seq as SeqSchema, type StreamId, StreamId as StreamIdSchema } from '#contract/ids.ts'
import { type Clock, epochMs, type Millis, millis } from '#contract/instant.ts'
import { type GatewayRecord, parseRecord } from '#contract/record.ts'
import { survivors } from './frame-thinning.ts'
import type { StreamHeadStore } from './stream-head-store.ts'

/** A stored record with what never goes on the wire: the boot and monotonic moment it was made in. */
export type StoredRecord = {
  readonly seq: Seq
  readonly record: GatewayRecord
  readonly boot: string
  readonly steadyAt: Millis
}

/** Records of one stream with consecutive numbers, committed, oldest first. */
export type OutboxBatch = { readonly stream: StreamId; readonly records: readonly StoredRecord[] }

export type OutboxStream = { readonly stream: StreamId; readonly fresh: 'live' | 'backlog' }

export type OutboxStore = {
  /** Takes a record; it is on disk, numbered, only when `flush` has returned. */
  append(record: GatewayRecord): void
  /** Commits what was taken: all of it or, when this throws, none (it is kept for the next try). Answers how many. */
  flush(): number
  /** Every stream that still holds records, backlog first; the live one is always named. */
  streams(): readonly OutboxStream[]
  /** The oldest records of a stream above `seq`; numbers it answers count as sent. Undefined when there are none. */
  after(stream: StreamId, seq: number, limit: number): OutboxBatch | undefined
  /** Forgets what a receipt covers. A receipt for numbers never given proves a restored file: a new stream is opened. */
  forgetThrough(stream: StreamId, through: number): void
  /** Lets fresh records start a stream of their own; the old one drains beside it. */
  openStream(): void
  size(): { readonly records: number; readonly bytes: number }
  /** A short text kept in the same transaction as the records of each flush. */
  note(): string | undefined
}

type Deps = {
  readonly db: DatabaseSync
  readonly name: string
  readonly heads: StreamHeadStore
  readonly clock: Clock
  readonly boot: string
  readonly uuid: () => string
  /** Above this size the oldest unsent frames are thinned. Absent: never. */
  readonly maxBytes?: number
  /** Where a thinned range is announced. */
  readonly announce?: (gap: GatewayEvent) => void
  readonly noteNow?: () => string
}

/** Numbers are reserved in the state file by blocks, so that a restored outbox cannot use one twice unseen. */
const RESERVE = 1000
const THIN_CHUNK = 20_000
const UNSENT_LEAST = 100

/** One numbered, durable, bounded log. Throws when the file is not usable. */
export function createOutboxStore(deps: Deps): OutboxStore {
  const { db, heads, clock } = deps
  db.exec(`
    CREATE TABLE IF NOT EXISTS streams (no INTEGER PRIMARY KEY, stream TEXT NOT NULL UNIQUE,
      next_seq INTEGER NOT NULL DEFAULT 1, sent INTEGER NOT NULL DEFAULT 0, level INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE IF NOT EXISTS records (no INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
      boot TEXT NOT NULL, steady REAL NOT NULL, PRIMARY KEY (no, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL) STRICT;`)
  const sql = {
    liveStream: db.prepare('SELECT no, stream, next_seq FROM streams WHERE level = 0 ORDER BY no DESC LIMIT 1'),
    byName: db.prepare('SELECT no, next_seq, sent FROM streams WHERE stream = ?'),
    addStream: db.prepare('INSERT INTO streams (stream, level) VALUES (?, ?)'),
    advance: db.prepare('UPDATE streams SET next_seq = ? WHERE no = ?'),
    insert: db.prepare('INSERT INTO records (no, seq, body, boot, steady) VALUES (?, ?, ?, ?, ?)'),
    after: db.prepare('SELECT seq, body, boot, steady FROM records WHERE no = ? AND seq > ? ORDER BY seq LIMIT ?'),
    sent: db.prepare('UPDATE streams SET sent = ? WHERE no = ? AND sent < ?'),
    forget: db.prepare('DELETE FROM records WHERE no = ? AND seq <= ?'),
    coveredSize: db.prepare(`SELECT count(*) AS records, coalesce(sum(length(body) + 64), 0) AS bytes FROM records
      WHERE no = ? AND seq <= ?`),
    bytes: db.prepare('SELECT count(*) AS records, coalesce(sum(length(body) + 64), 0) AS bytes FROM records'),
    withRecords: db.prepare(`SELECT stream, no FROM streams WHERE no = ?
      OR EXISTS (SELECT 1 FROM records WHERE records.no = streams.no) ORDER BY level = 0, no`),
    drop: db.prepare(
      'DELETE FROM streams WHERE no <> ? AND NOT EXISTS (SELECT 1 FROM records WHERE records.no = streams.no)',
    ),
    note: db.prepare('SELECT text FROM note WHERE id = 1'),
    setNote: db.prepare(
      'INSERT INTO note (id, text) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text',
    ),
    thinnest: db.prepare(`SELECT s.no, s.stream, s.sent, s.level FROM streams s WHERE
      (SELECT count(*) FROM (SELECT 1 FROM records r WHERE r.no = s.no AND r.seq > s.sent LIMIT ${UNSENT_LEAST})) = ${UNSENT_LEAST}
      ORDER BY s.level, s.no LIMIT 1`),
    cut: db.prepare('DELETE FROM records WHERE no = ? AND seq BETWEEN ? AND ?'),
  }
  const pending: { record: GatewayRecord; steadyAt: number }[] = []
  let size = readSize()
  let live = openLive()

  function readSize(): { records: number; bytes: number } {
    const row = sql.bytes.get()
    return { records: Number(row?.['records']), bytes: Number(row?.['bytes']) }
  }

  function addLive(): { no: number; stream: StreamId; next: number; reserved: number } {
    const stream = StreamIdSchema.parse(deps.uuid())
    heads.put(deps.name, { stream, reserved: RESERVE })
    const { lastInsertRowid } = sql.addStream.run(stream, 0)
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

  function commit(work: () => void): void {
    db.exec('BEGIN IMMEDIATE')
    try {
      work()
      db.exec('COMMIT')
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw cause
    }
  }

  function flush(): number {
    const count = pending.length
    if (count === 0) return 0
    while (live.next + count - 1 > live.reserved) {
      live.reserved += RESERVE
      heads.put(deps.name, live)
    }
    let [seq, bytes] = [live.next, 0]
    commit(() => {
      for (const { record, steadyAt } of pending) {
        const body = JSON.stringify(record)
        sql.insert.run(live.no, seq, body, deps.boot, steadyAt)
        bytes += body.length + 64
        seq += 1
      }
      sql.advance.run(seq, live.no)
      if (deps.noteNow !== undefined) sql.setNote.run(deps.noteNow())
    })
    live.next = seq
    pending.splice(0, count)
    size = { records: size.records + count, bytes: size.bytes + bytes }
    if (deps.maxBytes !== undefined && size.bytes > deps.maxBytes) thin()
    return count
  }

  /**
   * Halves the oldest unsent frames of the least thinned stream. The survivors move to a stream of their own, so that no
   * stream has holes beyond the one range that a single `gap` event names.
   */
  function thin(): void {
    const row = sql.thinnest.get()
    if (row === undefined) return
    const [no, sent, level] = [Number(row['no']), Number(row['sent']), Number(row['level'])]
    const chunk = sql.after.all(no, sent, THIN_CHUNK).map(storedRecord)
    const keep = survivors(chunk.map(({ record }) => record))
    const [first, last] = [chunk[0], chunk.at(-1)]
    if (first === undefined || last === undefined) return
    const kept = chunk.filter((_, index) => keep[index])
    const stream = StreamIdSchema.parse(deps.uuid())
    commit(() => {
      const { lastInsertRowid } = sql.addStream.run(stream, level + 1)
      sql.cut.run(no, first.seq, last.seq)
      for (const [index, { record, boot, steadyAt }] of kept.entries())
        sql.insert.run(lastInsertRowid, index + 1, JSON.stringify(record), boot, steadyAt)
      sql.advance.run(kept.length + 1, lastInsertRowid)
    })
    size = readSize()
    deps.announce?.({
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
      },
    })
  }

  return {
    append: (record) => {
      pending.push({ record, steadyAt: clock.steady() })
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
      const no = Number(known['no'])
      const records = consecutive(sql.after.all(no, seq, limit).map(storedRecord))
      const last = records.at(-1)
      if (last === undefined) return undefined
      // Reserved ahead, in steps: a number that may have been sent is never thinned away or given to another record.
      if (last.seq > Number(known['sent'])) sql.sent.run(last.seq + RESERVE, no, last.seq)
      return { stream, records }
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
      sql.forget.run(no, through)
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
    note: () => {
      const row = sql.note.get()
      return row === undefined ? undefined : String(row['text'])
    },
  }
}

const storedRecord = (row: Record<string, unknown>): StoredRecord => ({
  seq: SeqSchema.parse(row['seq']),
  record: readableRecord(String(row['body'])),
  boot: String(row['boot']),
  steadyAt: millis(Number(row['steady'])),
})

/** What an other version of the software stored and this one cannot read keeps its number and is named as such. */
function readableRecord(body: string): GatewayRecord {
  const parsed = parseRecord(JSON.parse(body))
  if ('record' in parsed) return parsed.record
  return { kind: 'event', name: 'record-unreadable', at: epochMs(0), data: { reason: parsed.refused } }
}

const consecutive = (records: readonly StoredRecord[]): readonly StoredRecord[] => {
  const first = records[0]?.seq ?? 0
  return records.filter(({ seq }, index) => seq === first + index)
}
