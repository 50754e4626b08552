import type { StreamId } from '#contract/ids.ts'
import type { BatchItem } from '#contract/record.ts'
import { type PlainMessage, readPlainMessage } from './plain-message.ts'
import type { SeqRange } from './stream-position.ts'

/** Single frames of one stream whose numbers follow one another, and the JSON of each. */
export type PlainRun = {
  readonly stream: StreamId
  readonly range: SeqRange
  readonly items: readonly BatchItem[]
  readonly jsons: readonly Uint8Array[]
}

/**
 * Pure. What one read of a connection has brought, in its order: runs of frames that came one a message and follow one
 * another, which may be stored as one, and every other message as it is.
 */
export function plainRuns(payloads: readonly Uint8Array[]): readonly (PlainRun | Uint8Array)[] {
  const parts: (PlainRun | Uint8Array)[] = []
  let run: PlainMessage[] = []
  const end = (): void => {
    const [first, last] = [run[0], run.at(-1)]
    if (first === undefined || last === undefined) return
    parts.push({
      stream: first.stream,
      range: { from: first.seq, to: last.seq },
      items: run.map(({ seq, frame }) => ({ seq, record: frame })),
      jsons: run.map(({ json }) => json),
    })
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
    if (last !== undefined && (message.stream !== last.stream || message.seq !== last.seq + 1)) end()
    run.push(message)
  }
  end()
  return parts
}
