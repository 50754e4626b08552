import type { Frame, RelayWord } from '#contract/frame.ts'
import type { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { OrderReport } from '#contract/order.ts'
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
  const newest = new Map<VehicleId, Speaking>()
  for (const entry of entries) {
    if (!speaks(entry)) continue
    const vehicleId = vehicleNow(entry.gateway)
    if (vehicleId === undefined) continue
    const known = newest.get(vehicleId)
    if (known === undefined || saidAt(known) <= saidAt(entry)) newest.set(vehicleId, entry)
  }
  return [...newest].map(([vehicleId, entry]) => {
    const { gateway: gatewayId, stream, seq, receivedAt, record } = entry
    const said = { relay: record.relay, at: saidAt(entry), source: record.kind }
    return { vehicleId, gatewayId, stream, seq, receivedAt, ...said }
  })
}

/** A record with a word about the relay, as it is now. */
type Speaking = JournalEntry & { readonly record: OrderReport | Frame }

const speaks = (entry: JournalEntry): entry is Speaking =>
  entry.record.kind === 'report' || (entry.record.kind === 'frame' && entry.record.backfill !== true)

/** A gateway whose clock runs ahead must not freeze "now" at its future: no word is newer than its arrival. */
function saidAt({ record, receivedAt }: Speaking): EpochMs {
  const at = record.kind === 'report' ? record.at : record.readAt
  return at <= receivedAt ? at : receivedAt
}
