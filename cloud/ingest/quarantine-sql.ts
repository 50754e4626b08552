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

const KEPT = { rows: 100_000, bytes: 2 * 1024 ** 3, rowsOfOne: 20_000, bytesOfOne: 256 * 1024 ** 2 } as const
/** So much may come before it is looked whether it is too much. */
const UNLOOKED = { rows: 20_000, bytes: 32 * 1024 ** 2 } as const

/** A number names one thing for ever: of what was thrown away none is given again. */
const TABLE = `CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, gateway TEXT NOT NULL, stream TEXT, seq INTEGER,
  received_at INTEGER NOT NULL, reason TEXT NOT NULL, bytes BLOB NOT NULL
) STRICT`
const INDEX = 'CREATE INDEX IF NOT EXISTS quarantine_alike ON quarantine (gateway, reason, received_at)'

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
  const insert = db.prepare(
    'INSERT INTO quarantine (gateway, stream, seq, received_at, reason, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const prune = db.prepare(
    `DELETE FROM quarantine WHERE received_at < :before OR id IN (SELECT id FROM (
       SELECT id, row_number() OVER newest AS nth, sum(length(bytes)) OVER newest AS sum,
         row_number() OVER newestOfOne AS nthOfOne, sum(length(bytes)) OVER newestOfOne AS sumOfOne
       FROM quarantine WINDOW newest AS (ORDER BY id DESC), newestOfOne AS (PARTITION BY gateway ORDER BY id DESC))
     WHERE nth > :rows OR sum > :bytes OR nthOfOne > :rowsOfOne OR sumOfOne > :bytesOfOne)`,
  )
  let unlooked = { rows: 0, bytes: 0 }
  const pruneBefore = (before: number): void => {
    unlooked = { rows: 0, bytes: 0 }
    prune.run({ before, ...KEPT })
  }
  return {
    add: ({ gateway, stream, seq, receivedAt, reason, bytes }: NewQuarantined): void => {
      insert.run(gateway, stream, seq, receivedAt, reason, bytes)
      unlooked = { rows: unlooked.rows + 1, bytes: unlooked.bytes + bytes.length }
      if (unlooked.rows >= UNLOOKED.rows || unlooked.bytes >= UNLOOKED.bytes) pruneBefore(0)
    },
    /** Throws away what is older, and of the newer the oldest where one gateway or all have more than is kept. */
    prune: (before: EpochMs): void => pruneBefore(before),
    /** Newest first. */
    page: ({ gateway, reason, before = Number.MAX_SAFE_INTEGER, limit }: QuarantineQuery): readonly Quarantined[] =>
      page.all({ before, gateway: gateway ?? null, reason: reason ?? null, limit }).map((row) => Row.parse(row)),
    find: (id: number): WholeQuarantined | undefined => {
      const row = find.get(id)
      return row === undefined ? undefined : Whole.parse(row)
    },
    alike: ({ gateway, reason }: Pick<Quarantined, 'gateway' | 'reason'>): Alike =>
      Alike.parse(alike.get(gateway, reason)),
    /** Answers whether it was there. */
    remove: (id: number): boolean => remove.run(id).changes > 0,
  }
}
