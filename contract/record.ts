import { z } from 'zod'
import { GatewayEvent } from './event.ts'
import { Frame } from './frame.ts'
import { FirstSeq, type Seq, StreamId } from './ids.ts'
import { OrderReport } from './order.ts'
import { isPlainEnvelope, isPlainFrame } from './plain-frame.ts'
import { whyNotStorable } from './storable.ts'

/** What goes through the outbox, numbered by `seq` within a `stream`. */
export const GatewayRecord = z.union([Frame, OrderReport, GatewayEvent])
export type GatewayRecord = z.infer<typeof GatewayRecord>

export const MAX_BATCH_RECORDS = 1000
export const MAX_BATCH_BYTES = 256 * 1024

/** The JSON form of `up/records`. Records stay unparsed here, so that one bad record never hides its neighbours. */
export const BatchEnvelope = z.strictObject({
  v: z.literal(1),
  stream: StreamId,
  firstSeq: FirstSeq,
  records: z.array(z.unknown()).min(1).max(MAX_BATCH_RECORDS),
})
export type BatchEnvelope = z.infer<typeof BatchEnvelope>

export type BatchItem =
  | { readonly seq: Seq; readonly record: GatewayRecord }
  /** A record that did not parse: kept as text in quarantine, counted, and receipted like its neighbours. */
  | { readonly seq: Seq; readonly refused: string; readonly text: string }

export type ParsedBatch =
  | { readonly ok: true; readonly stream: StreamId; readonly firstSeq: Seq; readonly items: readonly BatchItem[] }
  /** Unreadable as a whole. `header` says which range is lost, where at least that could be read. */
  | {
      readonly ok: false
      readonly reason: string
      readonly header?: { readonly stream: StreamId; readonly firstSeq: Seq; readonly count: number }
    }

const firstIssue = (error: z.ZodError): string =>
  error.issues
    .slice(0, 1)
    .map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`)
    .join()

const KINDS: ReadonlyMap<unknown, z.ZodType<GatewayRecord>> = new Map<unknown, z.ZodType<GatewayRecord>>([
  ['frame', Frame],
  ['report', OrderReport],
  ['event', GatewayEvent],
])

const kindOf = (candidate: unknown): unknown =>
  typeof candidate === 'object' && candidate !== null && 'kind' in candidate ? candidate.kind : undefined

/** Pure. Parses one record; the reason of a refusal names the field. */
export function parseRecord(candidate: unknown): { record: GatewayRecord } | { refused: string } {
  if (isPlainFrame(candidate)) return { record: candidate }
  const obstacle = whyNotStorable(candidate)
  if (obstacle !== undefined) return { refused: `record: ${obstacle}` }
  const schema = KINDS.get(kindOf(candidate))
  if (schema === undefined) return { refused: 'kind: expected frame, report or event' }
  const parsed = schema.safeParse(candidate)
  return parsed.success ? { record: parsed.data } : { refused: firstIssue(parsed.error) }
}

/** Pure. The JSON batch, record by record: a malformed record is refused by name, its neighbours are kept. */
export function parseJsonBatch(text: string): ParsedBatch {
  const json = parseJson(text)
  if (json === undefined) return { ok: false, reason: 'not JSON' }
  if (isPlainEnvelope(json, MAX_BATCH_RECORDS)) return itemsOf(json)
  const envelope = BatchEnvelope.safeParse(json)
  return envelope.success ? itemsOf(envelope.data) : { ok: false, reason: firstIssue(envelope.error) }
}

function itemsOf({ stream, firstSeq, records }: BatchEnvelope): ParsedBatch {
  const items = records.map((candidate, index): BatchItem => {
    const seq = (firstSeq + index) as Seq
    const parsed = parseRecord(candidate)
    return 'record' in parsed ? { seq, ...parsed } : { seq, ...parsed, text: JSON.stringify(candidate) }
  })
  return { ok: true, stream, firstSeq, items }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Pure. The JSON form of a batch, as published on `up/records`. */
export const encodeJsonBatch = (stream: StreamId, firstSeq: Seq, records: readonly GatewayRecord[]): string =>
  JSON.stringify({ v: 1, stream, firstSeq, records })
