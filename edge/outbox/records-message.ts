import type { Millis } from '#contract/instant.ts'
import { encodeJsonBatch, type GatewayRecord } from '#contract/record.ts'
import type { OutboxBatch, StoredRecord } from './outbox-store.ts'

/** Frames made this long before the connection belong to history and must not move "now". */
const BACKFILL_MS = 60_000

export type Connection = { readonly boot: string; readonly since: Millis }

/** Pure. One batch as published on `up/records`, frames from before the connection marked as backfill. */
export function recordsMessage({ stream, records }: OutboxBatch, connection: Connection): string | undefined {
  const first = records[0]
  if (first === undefined) return undefined
  return encodeJsonBatch(
    stream,
    first.seq,
    records.map((stored) => marked(stored, connection)),
  )
}

/** Another boot's frame is history whatever its monotonic time says: that clock is gone. */
function marked({ record, boot, steadyAt }: StoredRecord, connection: Connection): GatewayRecord {
  const old = boot !== connection.boot || steadyAt < connection.since - BACKFILL_MS
  return record.kind === 'frame' && old ? { ...record, backfill: true } : record
}
