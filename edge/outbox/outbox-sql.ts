import type { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
-- next_seq counts only where no record is left: a page less in every commit.
CREATE TABLE IF NOT EXISTS streams (no INTEGER PRIMARY KEY, stream TEXT NOT NULL UNIQUE,
  next_seq INTEGER NOT NULL DEFAULT 1, sent INTEGER NOT NULL DEFAULT 0, level INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS records (no INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  boot TEXT NOT NULL, steady REAL NOT NULL, mark INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (no, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS gaps (id INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;`

/** Fewer unsent records than this are not worth a thinning. */
const UNSENT_LEAST = 100

/** The tables of one outbox file and its statements, prepared. */
export function outboxSql(db: DatabaseSync) {
  db.exec(SCHEMA)
  const hasMark = db.prepare("SELECT 1 FROM pragma_table_info('records') WHERE name = 'mark'").get() !== undefined
  if (!hasMark) db.exec('ALTER TABLE records ADD COLUMN mark INTEGER NOT NULL DEFAULT 0')
  return {
    liveStream: db.prepare(`SELECT no, stream,
      max(next_seq, coalesce((SELECT max(seq) + 1 FROM records WHERE records.no = streams.no), 1)) AS next_seq
      FROM streams WHERE level = 0 ORDER BY no DESC LIMIT 1`),
    byName: db.prepare('SELECT no, next_seq, sent FROM streams WHERE stream = ?'),
    addStream: db.prepare('INSERT INTO streams (stream, level) VALUES (?, ?)'),
    /** To be run before the records through the second number go, where these are all: they told what comes next. */
    emptied: db.prepare(`UPDATE streams SET next_seq =
      max(next_seq, coalesce((SELECT max(seq) + 1 FROM records WHERE no = ?1), 1))
      WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM records WHERE no = ?1 AND seq > ?2)`),
    insert: db.prepare('INSERT INTO records (no, seq, body, boot, steady, mark) VALUES (?, ?, ?, ?, ?, ?)'),
    after: db.prepare(
      'SELECT seq, body, boot, steady, mark FROM records WHERE no = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    oldest: db.prepare('SELECT min(seq) AS seq FROM records WHERE no = ?'),
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
    addGap: db.prepare('INSERT INTO gaps (event) VALUES (?)'),
    gaps: db.prepare('SELECT id, event FROM gaps ORDER BY id'),
    dropGap: db.prepare('DELETE FROM gaps WHERE id = ?'),
  }
}
export type OutboxSql = ReturnType<typeof outboxSql>
