import { z } from 'zod'
import { parseBatch } from '#contract/batch.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import type { BatchItem } from '#contract/record.ts'
import type { SeqRange } from './stream-position.ts'

export type ReadBatch =
  | {
      readonly ok: true
      readonly stream: StreamId
      readonly range: SeqRange
      readonly items: readonly BatchItem[]
      /** Of a single frame: its JSON as it came, which says the same as the item. */
      readonly text: string | undefined
    }
  | {
      readonly ok: false
      readonly reason: string
      /** What it would have covered, if at least its head can be read: so that one bad batch never blocks an outbox. */
      readonly head: { readonly stream: StreamId; readonly range: SeqRange } | undefined
    }

/** More than any batch may hold, so that an unreadable one cannot declare a whole stream as arrived. */
const MAX_HEAD_RECORDS = 10_000

const Head = z.object({
  stream: StreamId,
  firstSeq: Seq,
  records: z.array(z.unknown()).min(1).max(MAX_HEAD_RECORDS),
})

const rangeOf = (firstSeq: Seq, count: number): SeqRange => ({ from: firstSeq, to: firstSeq + count - 1 })

/** Pure. Reads the payload of `up/records`, JSON or compact, as far as it can be read. */
export function readBatch(payload: Uint8Array): ReadBatch {
  const parsed = parseBatch(payload)
  if (parsed.ok) {
    const { stream, firstSeq, items } = parsed
    const text = items.length === 1 ? frameText(payload, stream, firstSeq, items[0]) : undefined
    return { ok: true, stream, range: rangeOf(firstSeq, items.length), items, text }
  }
  const { reason, header } = parsed
  if (header === undefined) return { ok: false, reason, head: headOfJson(payload) }
  return { ok: false, reason, head: { stream: header.stream, range: rangeOf(header.firstSeq, header.count) } }
}

const JSON_OBJECT = 0x7b
/** A frame with every field and its envelope take some 500; more is spaces, and not kept. */
const LONGEST_BYTES = 1000

/**
 * The text of the one frame of a batch that has been parsed, where it is plain to see: behind the envelope's head to the
 * letter, one object without another brace in it up to the envelope's end. To write a frame anew costs as much as to check it.
 */
function frameText(
  payload: Uint8Array,
  stream: StreamId,
  firstSeq: Seq,
  item: BatchItem | undefined,
): string | undefined {
  if (item === undefined || !('record' in item) || item.record.kind !== 'frame') return undefined
  if (payload[0] !== JSON_OBJECT || payload.length > LONGEST_BYTES) return undefined
  // A frame's names, words and numbers are of ASCII.
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1')
  const head = `{"v":1,"stream":"${stream}","firstSeq":${firstSeq},"records":[{`
  const end = text.indexOf('}', head.length)
  const isAlone = end === text.length - 3 && text.endsWith('}]}') && text.indexOf('{', head.length) < 0
  return isAlone && text.startsWith(head) ? text.slice(head.length - 1, -2) : undefined
}

/** The head of an envelope that is JSON, but not one we know. */
function headOfJson(payload: Uint8Array): { stream: StreamId; range: SeqRange } | undefined {
  try {
    const head = Head.safeParse(JSON.parse(new TextDecoder().decode(payload)))
    if (!head.success) return undefined
    const { stream, firstSeq, records } = head.data
    return { stream, range: rangeOf(firstSeq, records.length) }
  } catch {
    return undefined
  }
}
