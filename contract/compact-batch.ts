import { emptyMemory, type FrameLayout, HEAD, readFrame, writeFrame } from './compact-frame.ts'
import { Seq, StreamId } from './ids.ts'
import { type BatchItem, type GatewayRecord, MAX_BATCH_RECORDS, type ParsedBatch, parseRecord } from './record.ts'
import { type ByteReader, createByteReader, createByteWriter, MalformedBytes } from './varint.ts'

/**
 * Compact batch encoding: delta-coded frames, 5–9 bytes each on recorded drives. The first byte tells it from JSON, which
 * starts with 0x7B. A new layout takes a new first byte; old ones stay readable. Version 2 differs from 1 in two parts of
 * a frame. Time: the difference d of the step (of the first frame: readAt) as one unsigned number, twice zigzag(d / 1000)
 * where d is whole seconds, else twice zigzag(d) and 1. Position: from where the car would be had it gone on as between
 * the last two frames, where both steps are above 0 and at most a minute; else from the last place, as in version 1.
 */
export const COMPACT_V1 = 0xb1
export const COMPACT_V2 = 0xb2
export const MAX_COMPACT_BYTES = 64 * 1024

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
  layout: FrameLayout = 2,
): Uint8Array {
  const writer = createByteWriter(32 + records.length * 16)
  const memory = emptyMemory(layout)
  writer.byte(layout === 1 ? COMPACT_V1 : COMPACT_V2)
  writer.bytes(streamBytes(stream))
  writer.unsigned(firstSeq)
  writer.unsigned(records.length)
  for (const record of records) {
    if (record.kind === 'frame') {
      writeFrame(writer, record, memory)
      continue
    }
    const text = new TextEncoder().encode(JSON.stringify(record))
    writer.byte(KIND[record.kind])
    writer.unsigned(text.length)
    writer.bytes(text)
  }
  return writer.finish()
}

type Header = { readonly stream: StreamId; readonly firstSeq: Seq; readonly count: number }

function readHeader(reader: ByteReader): Header {
  const stream = streamFrom(reader.bytes(16))
  const firstSeq = Seq.safeParse(reader.unsigned())
  if (!firstSeq.success) throw new MalformedBytes('firstSeq out of range')
  const count = reader.unsigned()
  if (count < 1 || count > MAX_BATCH_RECORDS) throw new MalformedBytes(`count must be 1 to ${MAX_BATCH_RECORDS}`)
  return { stream, firstSeq: firstSeq.data, count }
}

function readText(reader: ByteReader, seq: Seq, kind: 'report' | 'event'): BatchItem {
  const text = new TextDecoder().decode(reader.bytes(reader.unsigned()))
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
    else if (head === KIND.report) items.push(readText(reader, seq, 'report'))
    else if (head === KIND.event) items.push(readText(reader, seq, 'event'))
    else throw new MalformedBytes('head: unknown kind')
  }
  if (reader.left() > 0) throw new MalformedBytes('bytes follow the last record')
  return items
}

function layoutOf(first: number): FrameLayout {
  if (first === COMPACT_V1) return 1
  if (first === COMPACT_V2) return 2
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
    return { ok: true, stream: header.stream, firstSeq: header.firstSeq, items: readItems(reader, header, layout) }
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause
    return header === undefined ? { ok: false, reason: cause.message } : { ok: false, reason: cause.message, header }
  }
}
