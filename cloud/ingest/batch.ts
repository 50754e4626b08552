import { z } from 'zod'
import { parseBatch } from '#contract/batch.ts'
import { FirstSeq, type Seq, StreamId } from '#contract/ids.ts'
import type { BatchItem } from '#contract/record.ts'
import { readPlainMessage } from './plain-message.ts'
import { runOf } from './plain-run.ts'
import type { SeqRange } from './stream-position.ts'

export type ReadBatch =
  | {
      readonly ok: true
      readonly stream: StreamId
      readonly range: SeqRange
      readonly items: readonly BatchItem[]
      /** Of a single frame: its JSON as it came, which says the same as the item. */
      readonly json: Uint8Array | undefined
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
  firstSeq: FirstSeq,
  records: z.array(z.unknown()).min(1).max(MAX_HEAD_RECORDS),
})

const rangeOf = (firstSeq: Seq, count: number): SeqRange => ({ from: firstSeq, to: firstSeq + count - 1 })

/** Pure. Reads the payload of `up/records`, JSON or compact, as far as it can be read. */
export function readBatch(payload: Uint8Array): ReadBatch {
  const plain = readPlainMessage(payload)
  if (plain !== undefined) return { ok: true, ...runOf([plain]) }
  const parsed = parseBatch(payload)
  if (parsed.ok) {
    const { stream, firstSeq, items } = parsed
    return { ok: true, stream, range: rangeOf(firstSeq, items.length), items, json: undefined }
  }
  const { reason, header } = parsed
  if (header === undefined) return { ok: false, reason, head: headOfJson(payload) }
  return { ok: false, reason, head: { stream: header.stream, range: rangeOf(header.firstSeq, header.count) } }
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
