import { epochMs } from '#contract/instant.ts'
import { type GatewayRecord, parseRecord } from '#contract/record.ts'

/** Which shape of records the marks of this software vouch for. A change of a record's schema takes the next number. */
export const RECORD_FORM = 2

/**
 * Pure. The record of a stored body. A day is 86,400 of them, so one whose mark proves that this form of the software
 * checked it, and that it is whole, is not checked again. Another version's is; where it cannot be read, or the disk has
 * damaged it, its number is kept and an event says so.
 */
export function readableRecord(body: string, isProved: boolean): GatewayRecord {
  try {
    const json = JSON.parse(body)
    if (isProved) return json
    const parsed = parseRecord(json)
    return 'record' in parsed ? parsed.record : unreadable(parsed.refused)
  } catch {
    return unreadable('not JSON')
  }
}

const unreadable = (reason: string): GatewayRecord => ({
  kind: 'event',
  name: 'record-unreadable',
  at: epochMs(0),
  data: { reason },
})
