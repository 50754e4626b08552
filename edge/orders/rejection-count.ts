import { type Millis, minutes } from '#contract/instant.ts'

/** How many orders were turned away, and how many of them the cloud has been told of. */
export type RejectionCount = { readonly total: number; readonly told: number; readonly toldAt?: Millis }

export const NO_REJECTIONS: RejectionCount = { total: 0, told: 0 }

const QUIET = minutes(1)

/** Pure. Counts every rejection and lets one a minute be told, so that a flood of forgeries fills no outbox. */
export function countRejection(
  count: RejectionCount,
  now: Millis,
): { readonly count: RejectionCount; readonly tell: number } {
  const total = count.total + 1
  if (count.toldAt !== undefined && now - count.toldAt < QUIET) return { count: { ...count, total }, tell: 0 }
  return { count: { total, told: total, toldAt: now }, tell: total - count.told }
}
