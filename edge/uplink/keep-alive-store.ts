import type { DatabaseSync } from 'node:sqlite'
import { FRESH, type KeepAlive, rememberedStep } from './keep-alive.ts'

/** The pause between pings that this way to the cloud was found to bear, kept across restarts: finding it out costs data. */
export type KeepAliveStore = { load(): KeepAlive; save(keepAlive: KeepAlive): void }

/** The step alone is kept, the monotonic moment of a limit ends with its boot. Throws when the file is not usable. */
export function createKeepAliveStore(db: DatabaseSync): KeepAliveStore {
  db.exec('CREATE TABLE IF NOT EXISTS keep_alive (id INTEGER PRIMARY KEY CHECK (id = 1), step INTEGER NOT NULL) STRICT')
  const select = db.prepare('SELECT step FROM keep_alive WHERE id = 1')
  const upsert = db.prepare(
    'INSERT INTO keep_alive (id, step) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET step = excluded.step',
  )
  return {
    load: () => {
      const row = select.get()
      return row === undefined ? FRESH : rememberedStep(Number(row['step']))
    },
    save: ({ step }) => void upsert.run(step),
  }
}
