import { checkByte } from './check-byte.ts'
import { emptyMemory, type FrameLayout, HEAD, readFrame, writeFrame } from './compact-frame.ts'
import { FirstSeq, type Seq, StreamId } from './ids.ts'
import { type PackedLayout, packRecords, unpackRecords } from './packed-batch.ts'
import { type BatchItem, type GatewayRecord, MAX_BATCH_RECORDS, type ParsedBatch, parseRecord } from './record.ts'
import { type ByteReader, type ByteWriter, createByteReader, createByteWriter, MalformedBytes } from './varint.ts'

/**
 * Compact batch encoding: delta-coded frames, 3–7 bytes each on recorded drives. The first byte tells it from JSON, which
 * starts with 0x7B. A new layout takes a new first byte; old ones stay readable. Header: first byte, 16 bytes of stream,
 * firstSeq, count. Version 3 has its records in one arithmetic code (`packed-batch.ts`) and a check byte at the end: a third
 * fewer bytes for five times the work. Version 4 has the text of reports and events in that code too (`packed-text.ts`): the
 * three reports of an order with their minute of evidence and their signature are one TCP segment instead of five.
 * Version 2 differs from 1 in two parts of a frame. Time: the difference d of the step (of the first frame: readAt) as one
 * unsigned number, twice zigzag(d / 1000) where d is whole seconds, else twice zigzag(d) and 1. Position: from where the
 * car would be had it gone on as between the last two frames, where both steps are above 0 and at most a minute; else from
 * the last place, as in version 1.
 */
export const COMPACT_V1 = 0xb1
export const COMPACT_V2 = 0xb2
export const COMPACT_V3 = 0xb3
export const COMPACT_V4 = 0xb4
export const MAX_COMPACT_BYTES = 64 * 1024

export type BatchLayout = FrameLayout | PackedLayout
const FIRST_BYTE = { 1: COMPACT_V1, 2: COMPACT_V2, 3: COMPACT_V3, 4: COMPACT_V4 } as const

const KIND = { frame: 0, report: 1, event: 2 } as const

function streamBytes(stream: StreamId): Uint8Array {
  const hex = stream.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16))
}

function streamFrom(bytes: Uint8Array): StreamId {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const parsed = StreamId.safeParse(
    [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
  )
  if (!parsed.success) throw new MalformedBytes('stream: not a uuid')
  return parsed.data
}

/** Pure. Encodes records `firstSeq`, `firstSeq + 1`, … of one stream. Frames must have been rounded (`roundFrame`). */
export function encodeCompactBatch(
  stream: StreamId,
  firstSeq: Seq,
  records: readonly GatewayRecord[],
  layout: BatchLayout = 3,
): Uint8Array {
  if (layout === 1 || layout === 2) {
    const long = createCompactWriter(layout, records.length)
    for (const record of records) long.add(record)
    return long.finish(stream, firstSeq)
  }
  const writer = createByteWriter(32 + records.length * 16)
  writeHeader(writer, layout, stream, firstSeq, records.length)
  writer.bytes(packRecords(records, layout))
  return Uint8Array.from([...writer.finish(), checkByte(writer.finish())])
}

function writeHeader(writer: ByteWriter, layout: BatchLayout, stream: StreamId, firstSeq: Seq, count: number): void {
  writer.byte(FIRST_BYTE[layout])
  writer.bytes(streamBytes(stream))
  writer.unsigned(firstSeq)
  writer.unsigned(count)
}

export type CompactWriter = {
  /** Frames must have been rounded (`roundFrame`). */
  add(record: GatewayRecord): void
  /** The batch of all that was added, the first of them being `firstSeq`. */
  finish(stream: StreamId, firstSeq: Seq): Uint8Array
}

/** Encodes one record after another: of a long batch nobody need hold more than the bytes. */
export function createCompactWriter(layout: FrameLayout, expected: number): CompactWriter {
  const body = createByteWriter(32 + expected * 16)
  const memory = emptyMemory(layout)
  let count = 0
  return {
    add: (record) => {
      count += 1
      if (record.kind === 'frame') return writeFrame(body, record, memory)
      const text = new TextEncoder().encode(JSON.stringify(record))
      body.byte(KIND[record.kind])
      body.unsigned(text.length)
      body.bytes(text)
    },
    finish: (stream, firstSeq) => {
      const records = body.finish()
      const writer = createByteWriter(32 + records.length)
      writeHeader(writer, layout, stream, firstSeq, count)
      writer.bytes(records)
      return writer.finish()
    },
  }
}

type Header = { readonly stream: StreamId; readonly firstSeq: Seq; readonly count: number }

function readHeader(reader: ByteReader): Header {
  const stream = streamFrom(reader.bytes(16))
  const firstSeq = FirstSeq.safeParse(reader.unsigned())
  if (!firstSeq.success) throw new MalformedBytes('firstSeq out of range')
  const count = reader.unsigned()
  if (count < 1 || count > MAX_BATCH_RECORDS) throw new MalformedBytes(`count must be 1 to ${MAX_BATCH_RECORDS}`)
  return { stream, firstSeq: firstSeq.data, count }
}

function readText(bytes: Uint8Array, seq: Seq, kind: 'report' | 'event'): BatchItem {
  const text = new TextDecoder().decode(bytes)
  const parsed = parseText(text)
  if ('refused' in parsed) return { seq, ...parsed, text }
  return parsed.record.kind === kind ? { seq, ...parsed } : { seq, refused: `kind: expected ${kind}`, text }
}

function parseText(text: string): ReturnType<typeof parseRecord> {
  try {
    return parseRecord(JSON.parse(text))
  } catch {
    return { refused: 'not JSON' }
  }
}

function readItems(reader: ByteReader, { firstSeq, count }: Header, layout: FrameLayout): BatchItem[] {
  const memory = emptyMemory(layout)
  const items: BatchItem[] = []
  for (let index = 0; index < count; index += 1) {
    const seq = (firstSeq + index) as Seq
    const head = reader.byte()
    if ((head & HEAD.reserved) !== 0) throw new MalformedBytes('head: reserved bit')
    if ((head & 3) === KIND.frame) items.push({ seq, record: readFrame(reader, head, memory) })
    else if (head === KIND.report) items.push(readText(reader.bytes(reader.unsigned()), seq, 'report'))
    else if (head === KIND.event) items.push(readText(reader.bytes(reader.unsigned()), seq, 'event'))
    else throw new MalformedBytes('head: unknown kind')
  }
  if (reader.left() > 0) throw new MalformedBytes('bytes follow the last record')
  return items
}

function unpackItems(bytes: Uint8Array, { firstSeq, count }: Header, layout: PackedLayout): BatchItem[] {
  return unpackRecords(bytes, count, layout).map((told, index) => {
    const seq = (firstSeq + index) as Seq
    return told.kind === 'frame' ? { seq, record: told.frame } : readText(told.text, seq, told.kind)
  })
}

/** What lies between the header and the check byte, which is proved first: a damaged code would still say something. */
function packedPart(payload: Uint8Array, reader: ByteReader): Uint8Array {
  if (reader.left() < 1) throw new MalformedBytes('the batch ends early')
  if (checkByte(payload.subarray(0, -1)) !== payload.at(-1)) throw new MalformedBytes('the check byte differs')
  return reader.bytes(reader.left() - 1)
}

function layoutOf(first: number): BatchLayout {
  if (first === COMPACT_V1) return 1
  if (first === COMPACT_V2) return 2
  if (first === COMPACT_V3) return 3
  if (first === COMPACT_V4) return 4
  throw new MalformedBytes('unknown first byte')
}

/**
 * Pure. Decodes a compact batch strictly. When the body is undecodable but the header reads, the answer names the
 * range, so that the whole batch can be quarantined and receipted: one bad batch must never block an outbox.
 */
export function parseCompactBatch(payload: Uint8Array): ParsedBatch {
  let header: Header | undefined
  try {
    if (payload.length > MAX_COMPACT_BYTES) throw new MalformedBytes(`longer than ${MAX_COMPACT_BYTES} bytes`)
    const reader = createByteReader(payload)
    const layout = layoutOf(reader.byte())
    header = readHeader(reader)
    const items =
      layout === 1 || layout === 2
        ? readItems(reader, header, layout)
        : unpackItems(packedPart(payload, reader), header, layout)
    return { ok: true, stream: header.stream, firstSeq: header.firstSeq, items }
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause
    return header === undefined ? { ok: false, reason: cause.message } : { ok: false, reason: cause.message, header }
  }
}
