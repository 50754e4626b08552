import type { GatewayRecord } from '#contract/record.ts'

/**
 * Pure. Which of these records, oldest first, survive a thinning 1:2. Kept are reports and events, the first and the
 * last, every change of ignition or relay with the frame before it, and every second of the rest.
 */
export function survivors(records: readonly GatewayRecord[]): readonly boolean[] {
  const keep = records.map(
    (record, index) => record.kind !== 'frame' || index === 0 || index === records.length - 1 || index % 2 === 0,
  )
  for (const [index, record] of records.entries()) {
    const before = records[index - 1]
    if (record.kind !== 'frame' || before?.kind !== 'frame') continue
    if (record.ignition === before.ignition && record.relay === before.relay) continue
    keep[index - 1] = true
    keep[index] = true
  }
  return keep
}
