import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { GatewayId, Seq, StreamId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { JournalEntry } from './journal-entry.ts'
import { openQuarantine, quarantineSql } from './quarantine-sql.ts'
import type { StreamPosition } from './stream-position.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS streams (
  id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, stream TEXT NOT NULL,
  through INTEGER NOT NULL, beyond TEXT NOT NULL, heard_at INTEGER NOT NULL,
  UNIQUE (gateway, stream)
) STRICT;
-- One row per run: count records from number seq on, an array if there are several, at the positions that end with
-- position. A row per record would cost its own place in the key, which is half of what storing it takes.
CREATE TABLE IF NOT EXISTS entries (
  position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, seq INTEGER NOT NULL,
  received_at INTEGER NOT NULL, record TEXT NOT NULL,
  UNIQUE (stream_id, seq)
) STRICT;
CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
`
/** A file of an earlier version holds each record in a row of its own, which is a run of one. */
const RUNS = 'ALTER TABLE entries ADD COLUMN count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0)'
/** Whatever the program believes: the file itself takes no number of a stream twice. And it can be read record by record. */
const ONCE = `
CREATE TRIGGER IF NOT EXISTS entries_once BEFORE INSERT ON entries
WHEN NEW.seq < (
  SELECT seq + count FROM entries WHERE stream_id = NEW.stream_id AND seq < NEW.seq + NEW.count ORDER BY seq DESC LIMIT 1
) BEGIN SELECT RAISE(ABORT, 'a number of this stream is stored already'); END;
CREATE VIEW IF NOT EXISTS records AS
SELECT entries.position - count + 1 + run.key AS position, gateway, stream, seq + run.key AS seq, received_at, run.value AS record
FROM entries JOIN streams ON streams.id = stream_id,
  json_each(iif(count = 1, '[' || record || ']', record)) AS run;
`

const MOST_SOURCES = 20_000

/** As a stream's row keeps what lies beyond its first hole. */
export const Beyond = z.array(z.strictObject({ from: z.int(), to: z.int() }))
const StreamRow = z.object({ id: z.int(), through: z.int(), beyond: z.string() })
const Source = z.object({ gateway: GatewayId, stream: StreamId })
type Source = z.infer<typeof Source>
const Number1 = z.object({ value: z.int().nullable() })
const Heard = z.array(z.object({ stream: StreamId, through: z.int() }))
const Quarantined = z.array(
  z.object({
    gateway: z.string(),
    stream: z.string().nullable(),
    seq: z.int().nullable(),
    receivedAt: z.int(),
    reason: z.string(),
    bytes: z.instanceof(Uint8Array),
  }),
)

/** Our own bytes, written after the contract's parser had accepted them. */
function recordsOf(json: string, count: number): readonly GatewayRecord[] {
  if (count > 1) return JSON.parse(json)
  const record: GatewayRecord = JSON.parse(json)
  return [record]
}

/** The statements of the journal's file, prepared once on the given connection. */
export function journalSql(db: DatabaseSync, synchronous: 'FULL' | 'NORMAL' = 'FULL') {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;`)
  db.exec(SCHEMA)
  const columns = db.prepare("SELECT name FROM pragma_table_info('entries')").all()
  if (!columns.some(({ name }) => name === 'count')) db.exec(RUNS)
  db.exec(ONCE)
  openQuarantine(db)
  const insertRun = db.prepare(
    `INSERT INTO entries (position, stream_id, seq, received_at, record, count)
     VALUES ((SELECT coalesce(max(position), 0) FROM entries) + ?5, ?1, ?2, ?3, CAST(?4 AS TEXT), ?5)`,
  )
  const behindLast = db.prepare(
    'SELECT seq + count AS value FROM entries WHERE stream_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
  )
  const findStream = db.prepare('SELECT id, through, beyond FROM streams WHERE gateway = ? AND stream = ?')
  const openStream = db.prepare(
    "INSERT INTO streams (gateway, stream, through, beyond, heard_at) VALUES (?, ?, 0, '[]', 0)",
  )
  const saveStream = db.prepare('UPDATE streams SET through = ?, beyond = ?, heard_at = ? WHERE id = ?')
  const entries = db.prepare(
    `SELECT position, stream_id AS source, seq, received_at AS receivedAt, record, count
     FROM entries WHERE position > ? ORDER BY position`,
  )
  const source = db.prepare('SELECT gateway, stream FROM streams WHERE id = ?')
  const head = db.prepare('SELECT max(position) AS value FROM entries')
  const cursor = db.prepare('SELECT position AS value FROM cursors WHERE name = ?')
  const moveCursor = db.prepare(
    'INSERT INTO cursors (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position',
  )
  const forgetCursor = db.prepare('DELETE FROM cursors WHERE name = ?')
  const lowestCursor = db.prepare('SELECT min(position) AS value FROM cursors')
  const streamsOf = db.prepare(
    'SELECT stream, through FROM streams WHERE gateway = ? AND heard_at > 0 ORDER BY heard_at DESC, id DESC LIMIT ?',
  )
  // Of the next that are deleted: those that are old may be millions.
  const firstKept = db.prepare(
    'SELECT position AS value FROM entries WHERE position <= (SELECT min(position) FROM entries) + ? AND received_at >= ? ORDER BY position LIMIT 1',
  )
  // The newest row stays, so that positions never start again.
  const prune = db.prepare(
    `DELETE FROM entries
     WHERE position <= ? AND position < ? AND position <= (SELECT min(position) FROM entries) + ?`,
  )
  const deleted = db.prepare('SELECT position - count AS value FROM entries ORDER BY position LIMIT 1')
  const quarantine = quarantineSql(db)
  const quarantined = db.prepare(
    'SELECT gateway, stream, seq, received_at AS receivedAt, reason, bytes FROM quarantine ORDER BY id DESC LIMIT ?',
  )
  // Positions follow one another, and only the oldest are ever deleted.
  const countEntries = db.prepare(
    `SELECT max(position) - (SELECT position - count FROM entries ORDER BY position LIMIT 1) AS value FROM entries`,
  )
  const countQuarantine = db.prepare('SELECT count(*) AS value FROM quarantine')
  // Our own rows, many at a time when a projection is behind: ids are read once for each stream.
  const sources = new Map<number, Source>()
  const sourceOf = (id: number): Source => {
    const known = sources.get(id) ?? Source.parse(source.get(id))
    if (sources.size >= MOST_SOURCES) sources.clear()
    sources.set(id, known)
    return known
  }
  const value = (row: unknown): number => (row === undefined ? 0 : (Number1.parse(row).value ?? 0))
  return {
    loadStream: (gateway: GatewayId, stream: StreamId): { id: number; position: StreamPosition } => {
      const row = findStream.get(gateway, stream)
      if (row === undefined)
        return { id: Number(openStream.run(gateway, stream).lastInsertRowid), position: { through: 0, beyond: [] } }
      const { id, through, beyond } = StreamRow.parse(row)
      return { id, position: { through, beyond: Beyond.parse(JSON.parse(beyond)) } }
    },
    saveStream: (id: number, position: StreamPosition, heardAt: EpochMs): void =>
      void saveStream.run(
        position.through,
        position.beyond.length === 0 ? '[]' : JSON.stringify(position.beyond),
        heardAt,
        id,
      ),
    /** So many records whose numbers follow one another from `seq` on: one as it is, several as an array. Answers the last one's position. */
    insertRun: (streamId: number, seq: number, count: number, receivedAt: EpochMs, json: string | Uint8Array): number =>
      Number(insertRun.run(streamId, seq, receivedAt, json, count).lastInsertRowid),
    isStored: (streamId: number, seq: number): boolean => value(behindLast.get(streamId, seq)) > seq,
    quarantine: (
      gateway: GatewayId,
      stream: StreamId | null,
      seq: number | null,
      receivedAt: EpochMs,
      reason: string,
      bytes: Uint8Array,
    ): void => quarantine.add({ gateway, stream, seq, receivedAt, reason, bytes }),
    /** At most so many records behind `after`, oldest first. */
    readEntries: (after: number, limit: number): readonly JournalEntry[] => {
      const read: JournalEntry[] = []
      for (const row of entries.iterate(after)) {
        const [position, seq] = [Number(row['position']), Number(row['seq'])]
        const from = { ...sourceOf(Number(row['source'])), receivedAt: epochMs(Number(row['receivedAt'])) }
        const records = recordsOf(String(row['record']), Number(row['count']))
        const before = position - records.length + 1
        for (const [index, record] of records.entries())
          if (before + index > after && read.length < limit)
            read.push({ ...from, position: before + index, seq: Seq.parse(seq + index), record })
        if (read.length >= limit) break
      }
      return read
    },
    head: (): number => value(head.get()),
    cursor: (name: string): number => {
      const row = cursor.get(name)
      if (row === undefined) moveCursor.run(name, 0)
      return value(row)
    },
    moveCursor: (name: string, position: number): void => void moveCursor.run(name, position),
    forgetCursor: (name: string): void => void forgetCursor.run(name),
    streamsOf: (gateway: GatewayId, limit: number) => Heard.parse(streamsOf.all(gateway, limit)),
    /** Some `records` of the oldest that are older than `before`; answers how many rows it was, 0 when there are none. */
    prune: (before: EpochMs, records: number): number => {
      const keep = firstKept.get(records, before)
      const end = keep === undefined ? value(head.get()) : value(keep)
      return Number(prune.run(value(lowestCursor.get()), end, records).changes)
    },
    /** The last position that is deleted. */
    deletedThrough: (): number => value(deleted.get()),
    quarantined: (limit: number) => Quarantined.parse(quarantined.all(limit)),
    counts: () => ({ entries: value(countEntries.get()), quarantine: value(countQuarantine.get()) }),
    close: (): void => db.close(),
  }
}
