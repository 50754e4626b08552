import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { GatewayId, StreamId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'

const Row = z.object({
  id: z.int(),
  gateway: GatewayId,
  stream: StreamId.nullable(),
  seq: z.int().nullable(),
  receivedAt: EpochMs,
  reason: z.string(),
  size: z.int(),
})
const Whole = Row.extend({ bytes: z.instanceof(Uint8Array) })
/** What could not be taken in, and why. `size`: bytes. */
export type Quarantined = z.infer<typeof Row>
/** With its bytes. With `seq`: one record as JSON; without: a whole message. */
export type WholeQuarantined = z.infer<typeof Whole>

type NewQuarantined = Omit<Quarantined, 'id' | 'size'> & { readonly bytes: Uint8Array }

const Alike = z.object({ count: z.int(), firstAt: EpochMs, lastAt: EpochMs })
/** How often and how long the same gateway has said the same wrong thing, as far as it is kept. */
export type Alike = z.infer<typeof Alike>

export type QuarantineQuery = {
  readonly gateway?: GatewayId | undefined
  readonly reason?: string | undefined
  /** The id behind which the page begins: older ones follow. */
  readonly before?: number | undefined
  readonly limit: number
}

const COLUMNS = 'id, gateway, stream, seq, received_at AS receivedAt, reason, length(bytes) AS size'

type Amount = { readonly rows: number; readonly bytes: number }
const NONE: Amount = { rows: 0, bytes: 0 }
const MB = 1024 ** 2
const KEPT: Amount = { rows: 100_000, bytes: 2048 * MB }
const KEPT_OF_ONE: Amount = { rows: 20_000, bytes: 256 * MB }
/** So much may come before it is looked whether it is too much. */
const UNLOOKED: Amount = { rows: 20_000, bytes: 256 * MB }
const UNLOOKED_OF_ONE: Amount = { rows: 2000, bytes: 32 * MB }
const AT_ONCE = 500

const plus = ({ rows, bytes }: Amount, more: number): Amount => ({ rows: rows + 1, bytes: bytes + more })
const isAbove = (amount: Amount, most: Amount): boolean => amount.rows >= most.rows || amount.bytes >= most.bytes

/** The newest one that is too much, the newest of all coming first; 0 when all may stay. */
function lastTooMuch(newestFirst: Iterable<Record<string, unknown>>, most: Amount): number {
  let amount = NONE
  for (const { id, size } of newestFirst) {
    amount = plus(amount, Number(size))
    if (amount.rows > most.rows || amount.bytes > most.bytes) return Number(id)
  }
  return 0
}

/** A number names one thing for ever: of what was thrown away none is given again. */
const TABLE = `CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, gateway TEXT NOT NULL, stream TEXT, seq INTEGER,
  received_at INTEGER NOT NULL, reason TEXT NOT NULL, bytes BLOB NOT NULL
) STRICT`
const INDEX = `CREATE INDEX IF NOT EXISTS quarantine_alike ON quarantine (gateway, reason, received_at);
  CREATE INDEX IF NOT EXISTS quarantine_sender ON quarantine (gateway)`

/** Makes the table, or makes an older one over. */
export function openQuarantine(db: DatabaseSync): void {
  const made = db.prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'quarantine'").get()
  if (made === undefined) db.exec(`${TABLE}; ${INDEX}`)
  else if (String(made['sql']).includes('AUTOINCREMENT')) db.exec(INDEX)
  else
    db.exec(`BEGIN IMMEDIATE; ALTER TABLE quarantine RENAME TO quarantine_before; ${TABLE};
      INSERT INTO quarantine SELECT * FROM quarantine_before; DROP TABLE quarantine_before; ${INDEX}; COMMIT`)
}

/** The statements of the quarantine, on the journal's connection. */
export function quarantineSql(db: DatabaseSync) {
  const page = db.prepare(
    `SELECT ${COLUMNS} FROM quarantine
     WHERE id < :before AND gateway = coalesce(:gateway, gateway) AND reason = coalesce(:reason, reason)
     ORDER BY id DESC LIMIT :limit`,
  )
  const find = db.prepare(`SELECT ${COLUMNS}, bytes FROM quarantine WHERE id = ?`)
  const alike = db.prepare(
    `SELECT count(*) AS count, min(received_at) AS firstAt, max(received_at) AS lastAt
     FROM quarantine WHERE gateway = ? AND reason = ?`,
  )
  const remove = db.prepare('DELETE FROM quarantine WHERE id = ?')
  const idsAlike = db.prepare(
    `SELECT id FROM quarantine WHERE gateway = ? AND reason = ? AND id > ? ORDER BY id LIMIT ${AT_ONCE}`,
  )
  const removeAlike = db.prepare('DELETE FROM quarantine WHERE gateway = ? AND reason = ?')
  const insert = db.prepare(
    'INSERT INTO quarantine (gateway, stream, seq, received_at, reason, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const newestOf = db.prepare('SELECT id, length(bytes) AS size FROM quarantine WHERE gateway = ? ORDER BY id DESC')
  const senders = db.prepare('SELECT DISTINCT gateway FROM quarantine')
  const newest = db.prepare('SELECT id, length(bytes) AS size FROM quarantine ORDER BY id DESC')
  const cutOf = db.prepare('DELETE FROM quarantine WHERE gateway = ? AND id <= ?')
  const cut = db.prepare('DELETE FROM quarantine WHERE received_at < ? OR id <= ?')
  const unlooked = new Map<string, Amount>()
  let all: Amount = NONE
  const look = (before: number): void => {
    all = NONE
    cut.run(before, lastTooMuch(newest.iterate(), KEPT))
  }
  const lookAt = (gateway: string): void => {
    unlooked.delete(gateway)
    cutOf.run(gateway, lastTooMuch(newestOf.iterate(gateway), KEPT_OF_ONE))
  }
  return {
    add: ({ gateway, stream, seq, receivedAt, reason, bytes }: NewQuarantined): void => {
      insert.run(gateway, stream, seq, receivedAt, reason, bytes)
      const ofOne = plus(unlooked.get(gateway) ?? NONE, bytes.length)
      unlooked.set(gateway, ofOne)
      all = plus(all, bytes.length)
      if (isAbove(ofOne, UNLOOKED_OF_ONE)) lookAt(gateway)
      if (isAbove(all, UNLOOKED)) look(0)
    },
    /** Throws away what is older, and of the newer the oldest where one gateway or all have more than is kept. */
    prune: (before: EpochMs): void => {
      for (const { gateway } of senders.all()) lookAt(String(gateway))
      look(before)
    },
    /** Newest first. */
    page: ({ gateway, reason, before = Number.MAX_SAFE_INTEGER, limit }: QuarantineQuery): readonly Quarantined[] =>
      page.all({ before, gateway: gateway ?? null, reason: reason ?? null, limit }).map((row) => Row.parse(row)),
    find: (id: number): WholeQuarantined | undefined => {
      const row = find.get(id)
      return row === undefined ? undefined : Whole.parse(row)
    },
    alike: ({ gateway, reason }: Pick<Quarantined, 'gateway' | 'reason'>): Alike =>
      Alike.parse(alike.get(gateway, reason)),
    /** The next of the same gateway and reason behind `after`, oldest first; a few hundred at most. */
    idsAlike: ({ gateway, reason }: Pick<Quarantined, 'gateway' | 'reason'>, after: number): readonly number[] =>
      idsAlike.all(gateway, reason, after).map(({ id }) => Number(id)),
    /** Answers how many there were. */
    removeAlike: ({ gateway, reason }: Pick<Quarantined, 'gateway' | 'reason'>): number =>
      Number(removeAlike.run(gateway, reason).changes),
    /** Answers whether it was there. */
    remove: (id: number): boolean => remove.run(id).changes > 0,
  }
}
