import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Decision, DecisionEntry } from './decision.ts'

export type DecisionStore = {
  /** Names this file for ever: a copy of the database may meet several journals. */
  readonly journal: string
  /** Highest position on disk; 0 when empty. */
  last(): number
  /** On disk when it returns. */
  append(entry: DecisionEntry): void
  /** The next entries after `position`, oldest first. */
  after(position: number, limit: number): readonly DecisionEntry[]
  close(): void
}

/** The decision journal: one SQLite file, synced at every append. Opens `folder/decisions.sqlite`, made when absent. */
export function createDecisionStore(folder: string, newJournal: () => string): DecisionStore {
  mkdirSync(folder, { recursive: true })
  const db = new DatabaseSync(join(folder, 'decisions.sqlite'))
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000')
  db.exec(`CREATE TABLE IF NOT EXISTS journal (name TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS decisions (position INTEGER PRIMARY KEY, decisions TEXT NOT NULL) STRICT`)
  if (db.prepare('SELECT name FROM journal').get() === undefined)
    db.prepare('INSERT INTO journal (name) VALUES (?)').run(newJournal())
  const insert = db.prepare('INSERT INTO decisions (position, decisions) VALUES (?, ?)')
  const select = db.prepare('SELECT position, decisions FROM decisions WHERE position > ? ORDER BY position LIMIT ?')
  const newest = db.prepare('SELECT coalesce(max(position), 0) AS last FROM decisions')
  return {
    journal: String(db.prepare('SELECT name FROM journal').get()?.['name']),
    last: () => Number(newest.get()?.['last']),
    append: ({ position, decisions }) => {
      insert.run(position, JSON.stringify(decisions))
    },
    after: (position, limit) => select.all(position, limit).map(entryOf),
    close: () => db.close(),
  }
}

const entryOf = (row: Record<string, unknown>): DecisionEntry =>
  DecisionEntry.parse({
    position: row['position'],
    decisions: Decision.array().parse(JSON.parse(String(row['decisions']))),
  })
