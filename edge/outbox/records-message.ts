import { type CompactWriter, createCompactWriter, encodeCompactBatch } from '#contract/compact-batch.ts'
import type { Seq, StreamId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import { encodeJsonBatch, type GatewayRecord, MAX_BATCH_RECORDS } from '#contract/record.ts'
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

/** Hands out records of a stream one after another, for as long as more are wanted. */
export type EachRecord = (take: (stored: StoredRecord) => 'more' | 'enough') => void

/**
 * The message of as many records as one message may hold. Of a long one only the first are held as records: the rest is
 * written as it is read, since a thousand of them outlive the youngest part of a gateway's small heap.
 */
export function messageOf(
  stream: StreamId,
  each: EachRecord,
  connection: Connection,
  encoding: BatchEncoding,
): RecordsMessage | undefined {
  const first: StoredRecord[] = []
  let long: { readonly writer: CompactWriter; through: Seq; count: number } | undefined
  let bytes = 0
  each((stored) => {
    bytes += sizeOf(stored, encoding)
    const count = long?.count ?? first.length
    if (count > 0 && bytes > MOST_BYTES[encoding]) return 'enough'
    if (encoding === 'json' || count < LONG_BATCH) first.push(stored)
    else {
      long ??= { writer: begun(first, connection), through: stored.seq, count }
      long.writer.add(marked(stored, connection))
      long.through = stored.seq
      long.count += 1
    }
    return count + 1 < MAX_BATCH_RECORDS ? 'more' : 'enough'
  })
  const [oldest] = first
  if (long === undefined || oldest === undefined)
    return recordsMessage({ stream, records: first }, connection, encoding)
  return { payload: long.writer.finish(stream, oldest.seq), through: long.through }
}

function begun(first: readonly StoredRecord[], connection: Connection): CompactWriter {
  const writer = createCompactWriter(2, MAX_BATCH_RECORDS / 2)
  for (const stored of first) writer.add(marked(stored, connection))
  return writer
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
