import { z } from 'zod'
import { Seq, StreamId } from '#contract/ids.ts'
import { type BatchItem, parseJsonBatch } from '#contract/record.ts'
import type { SeqRange } from './stream-position.ts'

export type ReadBatch =
  | { readonly ok: true; readonly stream: StreamId; readonly range: SeqRange; readonly items: readonly BatchItem[] }
  | {
      readonly ok: false
      readonly reason: string
      /** What it would have covered, if at least its head can be read: so that one bad batch never blocks an outbox. */
      readonly head: { readonly stream: StreamId; readonly range: SeqRange } | undefined
    }

const JSON_OBJECT = 0x7b

/** More than any batch may hold, so that an unreadable one cannot declare a whole stream as arrived. */
const MAX_HEAD_RECORDS = 10_000

const Head = z.object({
  stream: StreamId,
  firstSeq: Seq,
  records: z.array(z.unknown()).min(1).max(MAX_HEAD_RECORDS),
})

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Pure. Reads the payload of `up/records`; its first byte names the encoding. */
export function readBatch(payload: Uint8Array): ReadBatch {
  if (payload[0] !== JSON_OBJECT) return { ok: false, reason: encodingOf(payload[0]), head: undefined }
  const text = decode(payload)
  if (text === undefined) return { ok: false, reason: 'not UTF-8', head: undefined }
  const parsed = parseJsonBatch(text)
  if (!parsed.ok) return { ok: false, reason: parsed.reason, head: headOf(text) }
  return {
    ok: true,
    stream: parsed.stream,
    range: { from: parsed.firstSeq, to: parsed.firstSeq + parsed.items.length - 1 },
    items: parsed.items,
  }
}

const encodingOf = (byte: number | undefined): string =>
  byte === undefined ? 'empty' : `unknown encoding 0x${byte.toString(16).padStart(2, '0')}`

function decode(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload)
  } catch {
    return undefined
  }
}

function headOf(text: string): { stream: StreamId; range: SeqRange } | undefined {
  try {
    const head = Head.safeParse(JSON.parse(text))
    if (!head.success) return undefined
    const { stream, firstSeq, records } = head.data
    return { stream, range: { from: firstSeq, to: firstSeq + records.length - 1 } }
  } catch {
    return undefined
  }
}
