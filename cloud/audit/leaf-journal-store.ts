import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A leaf as it stands in the tree, with what the table needs to find it again. */
export type JournaledLeaf = { readonly position: number; readonly row: string }

export type LeafJournalStore = {
  /** Number of leaves on disk. */
  size(): number
  /** On disk when it returns. Leaves that are there already are left as they are. */
  append(leaves: readonly JournaledLeaf[]): void
  from(position: number, limit: number): readonly JournaledLeaf[]
  close(): void
}

/**
 * `folder/leaves.sqlite`, synced at every append: the embedded database may lose its last commits to a power cut, and a
 * leaf that a checkpoint covers may never be lost.
 */
export function createLeafJournalStore(folder: string): LeafJournalStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(join(folder, 'leaves.sqlite'))
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000')
  db.exec('CREATE TABLE IF NOT EXISTS leaves (position INTEGER PRIMARY KEY, leaf TEXT NOT NULL) STRICT')
  const insert = db.prepare('INSERT OR IGNORE INTO leaves (position, leaf) VALUES (?, ?)')
  const select = db.prepare('SELECT position, leaf FROM leaves WHERE position >= ? ORDER BY position LIMIT ?')
  const count = db.prepare('SELECT coalesce(max(position) + 1, 0) AS size FROM leaves')
  return {
    size: () => Number(count.get()?.['size']),
    append: (leaves) => {
      db.exec('BEGIN IMMEDIATE')
      try {
        for (const { position, row } of leaves) insert.run(position, row)
        db.exec('COMMIT')
      } catch (err) {
        db.exec('ROLLBACK')
        throw err
      }
    },
    from: (position, limit) =>
      select.all(position, limit).map((found) => ({ position: Number(found['position']), row: String(found['leaf']) })),
    close: () => db.close(),
  }
}
