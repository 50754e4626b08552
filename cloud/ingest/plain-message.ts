import type { Frame } from '#contract/frame.ts'
import type { Seq, StreamId } from '#contract/ids.ts'
import { isPlainFrame, PLAIN_STREAM } from '#contract/plain-frame.ts'

/** One frame that came alone, and where its JSON lies in the message, byte by byte. */
export type PlainMessage = {
  readonly stream: StreamId
  readonly item: { readonly seq: Seq; readonly record: Frame }
  readonly bytes: Buffer
  readonly jsonFrom: number
  readonly jsonTo: number
}

/** A frame with every field and its envelope take some 500; more is spaces, and not kept. */
const LONGEST_BYTES = 1000
const [BEFORE_STREAM, BEFORE_SEQ, BEFORE_FRAME, END] = ['{"v":1,"stream":"', '","firstSeq":', ',"records":[', ']}']
const STREAM_AT = BEFORE_STREAM.length
const STREAM_END = STREAM_AT + 36
const SEQ_AT = STREAM_END + BEFORE_SEQ.length
/** So many digits are a safe integer. */
const MOST_DIGITS = 15

const isStream = (text: string): text is StreamId => PLAIN_STREAM.test(text)
const streamOf = (text: string): StreamId | undefined => {
  const stream = text.slice(STREAM_AT, STREAM_END)
  return isStream(stream) ? stream : undefined
}
const isSeq = (number: number): number is Seq => Number.isSafeInteger(number) && number > 0

/**
 * Pure. Reads `up/records` where it is what nearly every message of a device is that sends at once: an envelope as
 * `encodeJsonBatch` writes it around a single frame. Undefined means nothing at all: `parseBatch` decides then. `known` is the
 * stream of the message before, which nearly always is the one of this too.
 */
export function readPlainMessage(payload: Uint8Array, known?: StreamId): PlainMessage | undefined {
  if (payload.length > LONGEST_BYTES) return undefined
  // Where it is not all ASCII it says another thing than in UTF-8, but then it is no plain frame either.
  const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const text = bytes.toString('latin1')
  if (!text.startsWith(BEFORE_STREAM) || !text.startsWith(BEFORE_SEQ, STREAM_END) || !text.endsWith(END))
    return undefined
  const stream = known !== undefined && text.startsWith(known, STREAM_AT) ? known : streamOf(text)
  const seqEnd = endOfDigits(text, SEQ_AT)
  const seq = seqEnd === undefined ? 0 : Number(text.slice(SEQ_AT, seqEnd))
  if (seqEnd === undefined || !text.startsWith(BEFORE_FRAME, seqEnd) || !isSeq(seq)) return undefined
  const [jsonFrom, jsonTo] = [seqEnd + BEFORE_FRAME.length, text.length - END.length]
  const record = parsed(text.slice(jsonFrom, jsonTo))
  if (stream === undefined || !isPlainFrame(record)) return undefined
  return { stream, item: { seq, record }, bytes, jsonFrom, jsonTo }
}

/** Of a number as JSON writes whole ones, from 1 on. */
function endOfDigits(text: string, from: number): number | undefined {
  if (text.charCodeAt(from) === 0x30) return undefined
  let at = from
  for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) at += 1
  return at === from || at - from > MOST_DIGITS ? undefined : at
}

/** One JSON value and nothing behind it: where there is more, the message holds more than a single record. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
