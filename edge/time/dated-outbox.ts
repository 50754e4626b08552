import { epochMs, type Millis, minutes } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { OutboxBatch, OutboxStore, StoredRecord } from '../outbox/outbox-store.ts'
import type { BootSync } from './time-keeper.ts'

type Times = {
  /** The boot that runs now. */
  readonly boot: string
  readonly steady: () => Millis
  syncOf(boot: string): BootSync | undefined
}

/** A garage without sky and network must not hide a car for ever: after this long a frame goes with its estimate. */
const PATIENCE = minutes(2)

/**
 * The outbox as the uplink sees it. A record that was made before its boot knew the time is dated by the first sync of
 * that boot. Frames of the running boot wait for that sync, for two minutes at most; orders' reports and events never.
 */
export const datedOutbox = (outbox: OutboxStore, times: Times): OutboxStore => ({
  ...outbox,
  after: (stream, seq, limit) => {
    const batch = outbox.after(stream, seq, limit)
    return batch && dated(batch, times)
  },
})

function dated({ stream, records }: OutboxBatch, times: Times): OutboxBatch | undefined {
  const now = times.steady()
  const waits = ({ record, boot, steadyAt }: StoredRecord): boolean =>
    record.kind === 'frame' &&
    record.timeQuality === 'estimated' &&
    boot === times.boot &&
    times.syncOf(boot) === undefined &&
    now - steadyAt < PATIENCE
  const first = records.findIndex(waits)
  const ready = first < 0 ? records : records.slice(0, first)
  return ready.length === 0 ? undefined : { stream, records: ready.map((stored) => datedRecord(stored, times)) }
}

function datedRecord(stored: StoredRecord, { syncOf }: Times): StoredRecord {
  const sync = syncOf(stored.boot)
  if (sync === undefined || stored.steadyAt >= sync.syncedAt) return stored
  return { ...stored, record: redated(stored.record, stored.steadyAt, sync) }
}

function redated(record: GatewayRecord, steadyAt: Millis, { offset, quality }: BootSync): GatewayRecord {
  const at = epochMs(Math.round(steadyAt + offset))
  if (record.kind !== 'frame') return { ...record, at }
  return record.timeQuality === 'estimated' ? { ...record, readAt: at, timeQuality: quality } : record
}
