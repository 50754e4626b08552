import type { GatewayEvent } from '#contract/event.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { survivors } from './frame-thinning.ts'

/** A record that is not on disk yet, and its text as it will be stored. */
export type PendingRecord = { readonly record: GatewayRecord; readonly body: string; readonly steadyAt: Millis }

/** More than a message may carry: such a record could never leave, and would hold up all behind it. */
const LONGEST_BODY = 200_000

/**
 * Pure. What is taken for a record: the record, or where it is too long to be sent ever, an event that says so in its
 * place.
 */
export function pendingRecord(record: GatewayRecord, steadyAt: Millis, now: EpochMs): PendingRecord {
  const body = JSON.stringify(record)
  if (body.length <= LONGEST_BODY) return { record, body, steadyAt }
  const refused: GatewayEvent = {
    kind: 'event',
    name: 'record-too-long',
    at: now,
    data: { kind: record.kind, bytes: body.length },
  }
  return { record: refused, body: JSON.stringify(refused), steadyAt }
}

/**
 * Pure. What stays in memory while the disk takes nothing for long, oldest first: frames thinned 1:2 as the outbox does,
 * reports and events all. They have no numbers yet, so no stream gets a hole.
 */
export function thinnedPending(pending: readonly PendingRecord[]): PendingRecord[] {
  const keep = survivors(pending.map(({ record }) => record))
  return pending.filter((_, index) => keep[index])
}
