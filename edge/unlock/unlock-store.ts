import type { DatabaseSync } from 'node:sqlite'

export type SpentCodes = {
  readonly nextCounter: number
  /** A code was taken and the car may not have been freed yet. */
  readonly freeing: boolean
}

export type UnlockStore = {
  /** `secret` names the secret, without telling it: a new one begins with its first code. */
  load(secret: string): SpentCodes
  /** On disk when it returns; throws when it could not be written. */
  save(secret: string, spent: SpentCodes): void
}

/** Which one-time codes are spent. One row per secret that this gateway ever had. */
export function createUnlockStore(db: DatabaseSync): UnlockStore {
  db.exec(`CREATE TABLE IF NOT EXISTS unlock_codes (
    secret TEXT PRIMARY KEY, next_counter INTEGER NOT NULL, freeing INTEGER NOT NULL) STRICT`)
  const select = db.prepare('SELECT next_counter, freeing FROM unlock_codes WHERE secret = ?')
  const upsert = db.prepare(`INSERT INTO unlock_codes (secret, next_counter, freeing) VALUES (?, ?, ?)
    ON CONFLICT (secret) DO UPDATE SET next_counter = excluded.next_counter, freeing = excluded.freeing`)
  return {
    load: (secret) => {
      const row = select.get(secret)
      return { nextCounter: Number(row?.['next_counter'] ?? 0), freeing: row?.['freeing'] === 1 }
    },
    save: (secret, { nextCounter, freeing }) => {
      upsert.run(secret, nextCounter, freeing ? 1 : 0)
    },
  }
}
