import type { DatabaseSync } from 'node:sqlite'

export type OdometerStore = { load(): number; save(metres: number): void }

/** Metres driven, in the state file. It never goes back: a smaller number is not kept. */
export function createOdometerStore(db: DatabaseSync): OdometerStore {
  db.exec('CREATE TABLE IF NOT EXISTS odometer (id INTEGER PRIMARY KEY CHECK (id = 1), metres REAL NOT NULL) STRICT')
  const select = db.prepare('SELECT metres FROM odometer WHERE id = 1')
  const upsert = db.prepare(`INSERT INTO odometer (id, metres) VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET metres = max(metres, excluded.metres)`)
  return {
    load: () => Number(select.get()?.['metres'] ?? 0),
    save: (metres) => {
      upsert.run(metres)
    },
  }
}
