import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A leaf as it stands in the tree, with what the table needs to find it again. */
export type JournaledLeaf = { readonly position: number; readonly row: string }

export type LeafJournalStore = {
  /** Number of leaves on disk without a gap before them: where the next one belongs. */
  size(): number
  /** On disk when it returns. They go on from `size()`, one after another; throws otherwise: a hole would hide among them. */
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
  const insert = db.prepare('INSERT OR REPLACE INTO leaves (position, leaf) VALUES (?, ?)')
  const select = db.prepare('SELECT position, leaf FROM leaves WHERE position >= ? ORDER BY position LIMIT ?')
  let size = unbroken(db)
  return {
    size: () => size,
    append: (leaves) => {
      for (const [index, { position }] of leaves.entries())
        if (position !== size + index) throw new Error(`leaf ${position} does not follow ${size + index} leaves`)
      db.exec('BEGIN IMMEDIATE')
      try {
        for (const { position, row } of leaves) insert.run(position, row)
        db.exec('COMMIT')
        size += leaves.length
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

/** Leaves beyond a gap, left by a version that skipped one, count for nothing: they are written over from the gap on. */
function unbroken(db: DatabaseSync): number {
  const found = db
    .prepare(
      `SELECT CASE WHEN (SELECT count(*) FROM leaves) = (SELECT coalesce(max(position) + 1, 0) FROM leaves)
         THEN (SELECT count(*) FROM leaves)
         ELSE (SELECT min(place) FROM (SELECT row_number() OVER (ORDER BY position) - 1 AS place, position FROM leaves
               UNION ALL SELECT count(*), -1 FROM leaves) WHERE place <> position) END AS size`,
    )
    .get()
  return Number(found?.['size'])
}
