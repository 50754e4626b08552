import type { StreamId } from '#contract/ids.ts'
import { Seq } from '#contract/ids.ts'
import { type BatchItem, parseRecord } from '#contract/record.ts'
import { readBatch } from './batch.ts'
import type { WholeQuarantined } from './quarantine-sql.ts'
import type { SeqRange } from './stream-position.ts'

export type ReadAgain =
  | { readonly ok: true; readonly stream: StreamId; readonly range: SeqRange; readonly items: readonly BatchItem[] }
  | { readonly ok: false; readonly reason: string }

/** Pure. What quarantined bytes are to this version: records it can take, or the reason why it still cannot. */
export function readAgain({ stream, seq, bytes }: Pick<WholeQuarantined, 'stream' | 'seq' | 'bytes'>): ReadAgain {
  if (stream === null || seq === null) return readMessage(bytes)
  const json = parsed(bytes)
  // A whole message is kept under the number of its first record.
  if (json === undefined || (typeof json === 'object' && json !== null && 'records' in json)) return readMessage(bytes)
  const read = parseRecord(json)
  if (!('record' in read)) return { ok: false, reason: read.refused }
  return { ok: true, stream, range: { from: seq, to: seq }, items: [{ seq: Seq.parse(seq), record: read.record }] }
}

function readMessage(bytes: Uint8Array): ReadAgain {
  const batch = readBatch(bytes)
  if (!batch.ok) return { ok: false, reason: batch.reason }
  const { stream, range, items } = batch
  return { ok: true, stream, range, items }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
