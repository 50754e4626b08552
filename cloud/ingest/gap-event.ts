import { z } from 'zod'
import { Seq, StreamId } from '#contract/ids.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { SeqRange } from './stream-position.ts'

/** The data of an event `gap`: numbers the gateway will never send, because it thinned or lost them. */
const GapData = z.object({ stream: StreamId.optional(), from: Seq, to: Seq })

/** Pure. The range a record declares lost, in its own stream or in another one of the same gateway. */
export function declaredGap(
  record: GatewayRecord,
  ownStream: StreamId,
): { readonly stream: StreamId; readonly range: SeqRange } | undefined {
  if (record.kind !== 'event' || record.name !== 'gap') return undefined
  const data = GapData.safeParse(record.data)
  if (!data.success || data.data.to < data.data.from) return undefined
  const { stream = ownStream, from, to } = data.data
  return { stream, range: { from, to } }
}
