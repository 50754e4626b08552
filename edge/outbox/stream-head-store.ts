import type { DatabaseSync } from 'node:sqlite'
import type { StreamId } from '#contract/ids.ts'
import { StreamId as StreamIdSchema } from '#contract/ids.ts'

export type StreamHead = { readonly stream: StreamId; readonly reserved: number }

/** The state file's own memory of each outbox: which stream it writes, and through which number seq may have been used. */
export type StreamHeadStore = {
  get(outbox: string): StreamHead | undefined
  put(outbox: string, head: StreamHead): void
}

export function createStreamHeadStore(db: DatabaseSync): StreamHeadStore {
  db.exec(`CREATE TABLE IF NOT EXISTS stream_heads (
    outbox TEXT PRIMARY KEY, stream TEXT NOT NULL, reserved INTEGER NOT NULL) STRICT`)
  const select = db.prepare('SELECT stream, reserved FROM stream_heads WHERE outbox = ?')
  const upsert = db.prepare(`INSERT INTO stream_heads (outbox, stream, reserved) VALUES (?, ?, ?)
    ON CONFLICT (outbox) DO UPDATE SET stream = excluded.stream, reserved = excluded.reserved`)
  return {
    get: (outbox) => {
      const row = select.get(outbox)
      return row && { stream: StreamIdSchema.parse(row['stream']), reserved: Number(row['reserved']) }
    },
    put: (outbox, head) => {
      upsert.run(outbox, head.stream, head.reserved)
    },
  }
}
