import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { GatewayId, Seq, StreamId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import { openQuarantine, quarantineSql } from './quarantine-sql.ts'
import type { StreamPosition } from './stream-position.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS streams (
  id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, stream TEXT NOT NULL,
  through INTEGER NOT NULL, beyond TEXT NOT NULL, heard_at INTEGER NOT NULL,
  UNIQUE (gateway, stream)
) STRICT;
-- One row per record. (gateway, stream) is stream_id, so the key is (gateway, stream, seq) at a tenth of its size.
CREATE TABLE IF NOT EXISTS entries (
  position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, seq INTEGER NOT NULL,
  received_at INTEGER NOT NULL, record TEXT NOT NULL,
  UNIQUE (stream_id, seq)
) STRICT;
CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
`

const MOST_SOURCES = 20_000
/** Of one statement: calling it costs about what storing a row does. */
const MOST_ROWS = 16

const Beyond = z.array(z.strictObject({ from: z.int(), to: z.int() }))
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

/** The statements of the journal's file, prepared once on the given connection. */
export function journalSql(db: DatabaseSync, synchronous: 'FULL' | 'NORMAL' = 'FULL') {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;`)
  db.exec(SCHEMA)
  openQuarantine(db)
  const insertEntry = db.prepare('INSERT INTO entries (stream_id, seq, received_at, record) VALUES (?, ?, ?, ?)')
  const insertRuns = new Map<number, StatementSync>()
  const insertRun = (rows: number): StatementSync => {
    const known = insertRuns.get(rows)
    if (known !== undefined) return known
    const values = Array.from({ length: rows }, (_, row) => `(?1, ?2 + ${row}, ?3, CAST(?${row + 4} AS TEXT))`)
    const prepared = db.prepare(`INSERT INTO entries (stream_id, seq, received_at, record) VALUES ${values}`)
    insertRuns.set(rows, prepared)
    return prepared
  }
  const insertMissing = db.prepare(
    'INSERT INTO entries (stream_id, seq, received_at, record) VALUES (?, ?, ?, ?) ON CONFLICT (stream_id, seq) DO NOTHING',
  )
  const findStream = db.prepare('SELECT id, through, beyond FROM streams WHERE gateway = ? AND stream = ?')
  const openStream = db.prepare(
    "INSERT INTO streams (gateway, stream, through, beyond, heard_at) VALUES (?, ?, 0, '[]', 0)",
  )
  const saveStream = db.prepare('UPDATE streams SET through = ?, beyond = ?, heard_at = ? WHERE id = ?')
  const entries = db.prepare(
    `SELECT position, stream_id AS source, seq, received_at AS receivedAt, record
     FROM entries WHERE position > ? ORDER BY position LIMIT ?`,
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
  const firstKept = db.prepare('SELECT position AS value FROM entries WHERE received_at >= ? ORDER BY position LIMIT 1')
  // The newest row stays, so that positions never start again.
  const prune = db.prepare(
    `DELETE FROM entries WHERE position IN
     (SELECT position FROM entries WHERE position <= ? AND position < ? ORDER BY position LIMIT ?)`,
  )
  const quarantine = quarantineSql(db)
  const quarantined = db.prepare(
    'SELECT gateway, stream, seq, received_at AS receivedAt, reason, bytes FROM quarantine ORDER BY id DESC LIMIT ?',
  )
  const countEntries = db.prepare('SELECT count(*) AS value FROM entries')
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
    /** Answers the new position. */
    insertEntry: (streamId: number, seq: number, receivedAt: EpochMs, record: string): number =>
      Number(insertEntry.run(streamId, seq, receivedAt, record).lastInsertRowid),
    /** Records whose numbers follow one another from `seq` on, at positions that do too; answers the last one's. */
    insertRun: (
      streamId: number,
      seq: number,
      receivedAt: EpochMs,
      records: readonly (string | Uint8Array)[],
    ): number => {
      let last = 0
      for (let from = 0; from < records.length; from += MOST_ROWS) {
        const rows = records.length <= MOST_ROWS ? records : records.slice(from, from + MOST_ROWS)
        last = Number(insertRun(rows.length).run(streamId, seq + from, receivedAt, ...rows).lastInsertRowid)
      }
      return last
    },
    /** Answers the new position, or undefined when the number is there already. */
    insertMissing: (streamId: number, seq: number, receivedAt: EpochMs, record: string): number | undefined => {
      const { changes, lastInsertRowid } = insertMissing.run(streamId, seq, receivedAt, record)
      return changes > 0 ? Number(lastInsertRowid) : undefined
    },
    quarantine: (
      gateway: GatewayId,
      stream: StreamId | null,
      seq: number | null,
      receivedAt: EpochMs,
      reason: string,
      bytes: Uint8Array,
    ): void => quarantine.add({ gateway, stream, seq, receivedAt, reason, bytes }),
    readEntries: (after: number, limit: number) =>
      entries.all(after, limit).map((row) => ({
        position: Number(row['position']),
        ...sourceOf(Number(row['source'])),
        seq: Seq.parse(row['seq']),
        receivedAt: epochMs(Number(row['receivedAt'])),
        record: String(row['record']),
      })),
    head: (): number => value(head.get()),
    cursor: (name: string): number => {
      const row = cursor.get(name)
      if (row === undefined) moveCursor.run(name, 0)
      return value(row)
    },
    moveCursor: (name: string, position: number): void => void moveCursor.run(name, position),
    forgetCursor: (name: string): void => void forgetCursor.run(name),
    streamsOf: (gateway: GatewayId, limit: number) => Heard.parse(streamsOf.all(gateway, limit)),
    prune: (before: EpochMs, limit: number): number => {
      const keep = firstKept.get(before)
      const end = keep === undefined ? value(head.get()) : value(keep)
      return Number(prune.run(value(lowestCursor.get()), end, limit).changes)
    },
    quarantined: (limit: number) => Quarantined.parse(quarantined.all(limit)),
    counts: () => ({ entries: value(countEntries.get()), quarantine: value(countQuarantine.get()) }),
    close: (): void => db.close(),
  }
}
