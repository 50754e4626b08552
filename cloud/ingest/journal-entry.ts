import type { GatewayId, Seq, StreamId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'

/** One durable record, in the order of arrival. `position` rises by commit and is what a projection's cursor holds. */
export type JournalEntry = {
  readonly position: number
  readonly gateway: GatewayId
  readonly stream: StreamId
  readonly seq: Seq
  readonly receivedAt: EpochMs
  readonly record: GatewayRecord
}

/**
 * One consumer of the journal with a cursor of its own, so that an outage of one store delays nobody else. `apply`
 * resolves once its effects are durable; it may see the same entries again after a crash and must then change nothing.
 */
export type Projection = {
  readonly name: string
  apply(entries: readonly JournalEntry[]): Promise<void>
}
