import type { DatabaseSync } from 'node:sqlite'

/** Runs `work` in one transaction: all of it is on disk when this returns, or none of it and the error is thrown. */
export function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}
