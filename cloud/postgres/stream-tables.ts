import type { GatewayId, StreamId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Json } from './column.ts'

/** How much of a stream is durable in the journal of one cloud instance; written after its commit. */
export type StreamCoverageRow = {
  readonly gatewayId: GatewayId
  readonly stream: StreamId
  readonly instance: string
  readonly through: number
  readonly beyond: Json<readonly { readonly from: number; readonly to: number }[]>
  readonly heardAt: EpochMs
}

export type StreamTables = { streamCoverage: StreamCoverageRow }
