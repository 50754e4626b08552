import type { RelayWord } from '#contract/frame.ts'
import type { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { JournalEntry } from '../ingest/journal-entry.ts'

/** A vehicle's own word about its relay, and the record that carried it. */
export type RelayWordHeard = {
  readonly vehicleId: VehicleId
  readonly gatewayId: GatewayId
  readonly relay: RelayWord
  readonly at: EpochMs
  readonly source: 'report' | 'frame'
  readonly stream: StreamId
  readonly seq: Seq
  readonly receivedAt: EpochMs
}

/**
 * Pure. The newest word per vehicle among these records. Backfilled frames belong to history, events carry no word, and
 * a gateway that is in no vehicle now speaks for none.
 */
export function newestWords(
  entries: readonly JournalEntry[],
  vehicleNow: (gateway: GatewayId) => VehicleId | undefined,
): readonly RelayWordHeard[] {
  const newest = new Map<VehicleId, RelayWordHeard>()
  for (const entry of entries) {
    const said = notAhead(wordOf(entry), entry.receivedAt)
    const vehicleId = said === undefined ? undefined : vehicleNow(entry.gateway)
    if (said === undefined || vehicleId === undefined) continue
    const known = newest.get(vehicleId)
    if (known !== undefined && known.at > said.at) continue
    const { gateway: gatewayId, stream, seq, receivedAt } = entry
    newest.set(vehicleId, { vehicleId, gatewayId, stream, seq, receivedAt, ...said })
  }
  return [...newest.values()]
}

type Said = Pick<RelayWordHeard, 'relay' | 'at' | 'source'>

/** A gateway whose clock runs ahead must not freeze "now" at its future: no word is newer than its arrival. */
const notAhead = (said: Said | undefined, receivedAt: EpochMs): Said | undefined =>
  said === undefined || said.at <= receivedAt ? said : { ...said, at: receivedAt }

function wordOf({ record }: JournalEntry): Said | undefined {
  switch (record.kind) {
    case 'report':
      return { relay: record.relay, at: record.at, source: 'report' }
    case 'frame':
      return record.backfill === true ? undefined : { relay: record.relay, at: record.readAt, source: 'frame' }
    case 'event':
      return undefined
    default:
      return record satisfies never
  }
}
