import type { GatewayEvent } from '#contract/event.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import { type GatewayRecord, parseRecord } from '#contract/record.ts'
import { survivors } from './frame-thinning.ts'

/** A record that is not on disk yet, and its text as it will be stored. */
export type PendingRecord = { readonly record: GatewayRecord; readonly body: string; readonly steadyAt: Millis }

/** More than a message may carry: such a record could never leave, and would hold up all behind it. */
const LONGEST_BODY = 200_000

/**
 * Pure. What is taken for a record: the record, or an event in its place that says so where it breaks the contract or is
 * too long to be sent ever. Checked here, once: one impossible number would cost its whole message in the cloud. What
 * became of an order is told even where the evidence beside it cannot be: then without it, and unsigned.
 */
export function pendingRecord(record: GatewayRecord, steadyAt: Millis, now: EpochMs): PendingRecord {
  const body = JSON.stringify(record)
  const parsed = parseRecord(record)
  const instead = (name: string, data: GatewayEvent['data']): PendingRecord => {
    const event: GatewayEvent = { kind: 'event', name, at: now, data }
    return { record: event, body: JSON.stringify(event), steadyAt }
  }
  if (record.kind === 'report' && ('refused' in parsed || body.length > LONGEST_BODY)) {
    const { lastMinute: _minute, proof: _proof, ...step } = { lastMinute: undefined, proof: undefined, ...record }
    const bare = parseRecord({ ...step, evidence: {} })
    if ('record' in bare) return { record: bare.record, body: JSON.stringify(bare.record), steadyAt }
  }
  if ('refused' in parsed) return instead('record-unreadable', { kind: record.kind, reason: parsed.refused })
  if (body.length > LONGEST_BODY) return instead('record-too-long', { kind: record.kind, bytes: body.length })
  return { record, body, steadyAt }
}

/**
 * Pure. What stays in memory while the disk takes nothing for long, oldest first: frames thinned 1:2 as the outbox does,
 * reports and events all. They have no numbers yet, so no stream gets a hole.
 */
export function thinnedPending(pending: readonly PendingRecord[]): PendingRecord[] {
  const keep = survivors(pending.map(({ record }) => record))
  return pending.filter((_, index) => keep[index])
}
