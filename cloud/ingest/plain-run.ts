import type { StreamId } from '#contract/ids.ts'
import type { BatchItem } from '#contract/record.ts'
import { type PlainMessage, readPlainMessage } from './plain-message.ts'
import type { SeqRange } from './stream-position.ts'

/** Single frames of one stream whose numbers follow one another, and their JSON as the journal stores it. */
export type PlainRun = {
  readonly stream: StreamId
  readonly range: SeqRange
  readonly items: readonly BatchItem[]
  readonly json: Uint8Array
}

/**
 * Pure. What one read of a connection has brought, in its order: runs of frames that came one a message and follow one
 * another, which may be stored as one, and every other message as it is.
 */
export function plainRuns(payloads: readonly Uint8Array[]): readonly (PlainRun | Uint8Array)[] {
  const parts: (PlainRun | Uint8Array)[] = []
  let run: PlainMessage[] = []
  const end = (): void => {
    const [first, ...others] = run
    if (first !== undefined) parts.push(runOf([first, ...others]))
    run = []
  }
  for (const payload of payloads) {
    const last = run.at(-1)
    const message = readPlainMessage(payload, last?.stream)
    if (message === undefined) {
      end()
      parts.push(payload)
      continue
    }
    if (last !== undefined && (message.stream !== last.stream || message.item.seq !== last.item.seq + 1)) end()
    run.push(message)
  }
  end()
  return parts
}

/** Pure. These messages, of which there is at least one, as one. */
export function runOf(messages: readonly [PlainMessage, ...PlainMessage[]]): PlainRun {
  const [{ stream, item }] = messages
  const range = { from: item.seq, to: item.seq + messages.length - 1 }
  return { stream, range, items: messages.map(({ item }) => item), json: jsonOf(messages) }
}

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d]

/** Of one the object, of several an array. */
function jsonOf(messages: readonly [PlainMessage, ...PlainMessage[]]): Uint8Array {
  const [{ bytes, jsonFrom, jsonTo }] = messages
  if (messages.length === 1) return bytes.subarray(jsonFrom, jsonTo)
  const length = messages.reduce((sum, { jsonFrom, jsonTo }) => sum + jsonTo - jsonFrom + 1, 1)
  const json = Buffer.allocUnsafe(length)
  let at = 0
  for (const { bytes, jsonFrom, jsonTo } of messages) {
    json[at] = at === 0 ? OPEN : COMMA
    at += 1 + bytes.copy(json, at + 1, jsonFrom, jsonTo)
  }
  json[at] = CLOSE
  return json
}
