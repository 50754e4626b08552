import { encodeCompactBatch } from '#contract/compact-batch.ts'
import type { Seq } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import { encodeJsonBatch, type GatewayRecord } from '#contract/record.ts'
import type { OutboxBatch, StoredRecord } from './outbox-store.ts'

/** How records are written on the wire. The cloud reads both. */
export type BatchEncoding = 'compact' | 'json'

export type Connection = { readonly boot: string; readonly since: Millis }

/** One message for `up/records`, and the last number it carries. */
export type RecordsMessage = { readonly payload: Uint8Array; readonly through: Seq }

/** Frames made this long before the connection belong to history and must not move "now". */
const BACKFILL_MS = 60_000
/** Below the contract's 64 KB of a compact batch and 256 KB of a JSON one, by estimates that are never too low. */
const MOST_BYTES = { compact: 60_000, json: 240_000 } as const
const COMPACT_FRAME_BYTES = 60
const JSON_MARK_BYTES = 24
/** A backlog's messages are to be quick: the smallest encoding takes a computer without compilers five times as long. */
const LONG_BATCH = 200

/**
 * Pure. The message of a batch, with as many of its records as one message may hold and frames from before the
 * connection marked as backfill. Undefined for an empty batch.
 */
export function recordsMessage(
  { stream, records }: OutboxBatch,
  connection: Connection,
  encoding: BatchEncoding,
): RecordsMessage | undefined {
  const fitting = records.slice(0, countFitting(records, encoding))
  const [first, last] = [fitting[0], fitting.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const marks = fitting.map((stored) => marked(stored, connection))
  // One record longer than a compact batch may be is rare enough to go as it was stored.
  const isCompact = encoding === 'compact' && sizeOf(first, 'compact') <= MOST_BYTES.compact
  const payload = isCompact
    ? encodeCompactBatch(stream, first.seq, marks, layoutOf(marks))
    : new TextEncoder().encode(encodeJsonBatch(stream, first.seq, marks))
  return { payload, through: last.seq }
}

const layoutOf = (records: readonly GatewayRecord[]): 2 | 3 | 4 =>
  records.length > LONG_BATCH ? 2 : records.every(({ kind }) => kind === 'frame') ? 3 : 4

function countFitting(records: readonly StoredRecord[], encoding: BatchEncoding): number {
  let bytes = 0
  const over = records.findIndex((stored) => {
    bytes += sizeOf(stored, encoding)
    return bytes > MOST_BYTES[encoding]
  })
  return over === -1 ? records.length : Math.max(1, over)
}

const sizeOf = ({ record, bytes }: StoredRecord, encoding: BatchEncoding): number =>
  encoding === 'compact' && record.kind === 'frame' ? COMPACT_FRAME_BYTES : bytes + JSON_MARK_BYTES

/** Another boot's frame is history whatever its monotonic time says: that clock is gone. */
function marked({ record, boot, steadyAt }: StoredRecord, connection: Connection): GatewayRecord {
  const old = boot !== connection.boot || steadyAt < connection.since - BACKFILL_MS
  return record.kind === 'frame' && old ? { ...record, backfill: true } : record
}
