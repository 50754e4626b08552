import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * Opens a SQLite file of the gateway, made if absent and readable by its owner only. WAL with FULL: a committed
 * transaction survives a power cut. Throws when the file cannot be opened or written.
 */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  // A commit writes whole pages. Half the usual size holds a frame, and a commit of one costs half as much of the card;
  // as many bytes as usual between two checkpoints. A file that has another size keeps it.
  db.exec('PRAGMA page_size = 2048; PRAGMA wal_autocheckpoint = 2000')
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;')
  // 512 KB of pages are plenty for appending and reading in order; the default is four times that for each file.
  db.exec('PRAGMA cache_size = -512')
  if (path !== ':memory:') chmodSync(path, 0o600)
  return db
}
