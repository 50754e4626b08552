import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Every record that an outbox was ever seen to hold, by `stream/seq`: what was accepted and must be stored. */
export type OutboxLedger = {
  /** Reads the outboxes of every gateway folder below `fleetDir`. Only while no gateway runs on them. */
  note(fleetDir: string): void
  readonly accepted: ReadonlyMap<string, string>
  /** Records the outboxes hold now that no receipt has covered. */
  waiting(fleetDir: string): number
}

const FILES = ['events.sqlite', 'frames.sqlite']

function outboxes(fleetDir: string): string[] {
  return readdirSync(fleetDir).flatMap((vehicle) =>
    FILES.map((file) => join(fleetDir, vehicle, 'gateway', file)).filter((path) => existsSync(path)),
  )
}

export function createOutboxLedger(): OutboxLedger {
  const accepted = new Map<string, string>()
  const read = (path: string): { stream: string; seq: number; body: string }[] => {
    const db = new DatabaseSync(path)
    try {
      return db
        .prepare('SELECT stream, seq, body FROM records JOIN streams USING (no)')
        .all()
        .map((row) => ({ stream: String(row['stream']), seq: Number(row['seq']), body: String(row['body']) }))
    } finally {
      db.close()
    }
  }
  return {
    accepted,
    note: (fleetDir) => {
      for (const path of outboxes(fleetDir))
        for (const { stream, seq, body } of read(path)) accepted.set(`${stream}/${seq}`, body)
    },
    waiting: (fleetDir) => outboxes(fleetDir).reduce((sum, path) => sum + read(path).length, 0),
  }
}
