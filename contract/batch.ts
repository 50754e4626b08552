import { COMPACT_V1, COMPACT_V2, COMPACT_V3, COMPACT_V4, parseCompactBatch } from './compact-batch.ts'
import { MAX_BATCH_BYTES, type ParsedBatch, parseJsonBatch } from './record.ts'

const JSON_OBJECT = 0x7b
const decoder = new TextDecoder()

/** Pure. Reads `up/records` in either form; the first byte tells. Never throws on bad input: it names the reason. */
export function parseBatch(payload: Uint8Array): ParsedBatch {
  if (payload.length > MAX_BATCH_BYTES) return { ok: false, reason: `longer than ${MAX_BATCH_BYTES} bytes` }
  switch (payload[0]) {
    case COMPACT_V1:
    case COMPACT_V2:
    case COMPACT_V3:
    case COMPACT_V4:
      return parseCompactBatch(payload)
    case JSON_OBJECT:
      return parseJsonBatch(decoder.decode(payload))
    default:
      return { ok: false, reason: 'neither JSON nor a known compact version' }
  }
}
