import type { DatabaseSync } from 'node:sqlite'
import { TimeQuality } from '#contract/frame.ts'
import { type EpochMs, epochMs, millis } from '#contract/instant.ts'
import type { BootSync } from './time-keeper.ts'

/** What is known of time across boots: the floor, and by what each boot's early records are dated. */
export type TimeStore = {
  floor(): EpochMs | undefined
  /** A smaller floor is not kept. */
  raiseFloor(floor: EpochMs): void
  boots(): ReadonlyMap<string, BootSync>
  keepBoot(boot: string, sync: BootSync): void
}

/** Boots beyond these have no records left in any outbox that is worth dating. */
const BOOTS = 64

export function createTimeStore(db: DatabaseSync): TimeStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS time_floor (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS boot_sync (no INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, quality TEXT NOT NULL,
      since_boot REAL NOT NULL, synced_at REAL NOT NULL) STRICT;`)
  const select = db.prepare('SELECT at FROM time_floor WHERE id = 1')
  const upsert = db.prepare(`INSERT INTO time_floor (id, at) VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)`)
  const selectBoots = db.prepare('SELECT boot, quality, since_boot, synced_at FROM boot_sync')
  const insertBoot = db.prepare(
    'INSERT INTO boot_sync (boot, quality, since_boot, synced_at) VALUES (?, ?, ?, ?) ON CONFLICT (boot) DO NOTHING',
  )
  const prune = db.prepare(`DELETE FROM boot_sync WHERE no <= (SELECT max(no) FROM boot_sync) - ${BOOTS}`)
  return {
    floor: () => {
      const row = select.get()
      return row === undefined ? undefined : epochMs(Number(row['at']))
    },
    raiseFloor: (floor) => {
      upsert.run(floor)
    },
    boots: () =>
      new Map(
        selectBoots.all().map((row) => [
          String(row['boot']),
          {
            quality: TimeQuality.parse(row['quality']),
            offset: Number(row['since_boot']),
            syncedAt: millis(Number(row['synced_at'])),
          },
        ]),
      ),
    keepBoot: (boot, { offset, quality, syncedAt }) => {
      insertBoot.run(boot, quality, offset, syncedAt)
      prune.run()
    },
  }
}
