import { seconds } from '#contract/instant.ts'
import { CROSSING_POLICY, type CrossingPolicy, type Side } from './crossing.ts'
import type { DrawnKind } from './zone-map.ts'

/** What people set: k of n fixes, and how far behind the border a car must be to have left. */
export type ZoneSettings = { readonly exitFixes: number; readonly exitOf: number; readonly marginM: number }

export type SidePolicy = CrossingPolicy & {
  /** Beyond the border by this and by the fix's own error; a fix nearer speaks for neither side. */
  readonly marginM: Readonly<Record<Side, number>>
}

/** Coming back is believed sooner than leaving: it only ever frees. */
const RETURN_MARGIN_M = 50

/** Pure. How the zone of work is judged. */
export function workPolicy({ exitFixes, exitOf, marginM }: ZoneSettings): SidePolicy {
  return {
    ...CROSSING_POLICY,
    hits: exitFixes,
    doubt: Math.max(0, 1 - exitFixes / Math.max(exitFixes, exitOf)),
    marginM: { outside: marginM, inside: Math.min(marginM, RETURN_MARGIN_M) },
  }
}

const PLACE: SidePolicy = { ...CROSSING_POLICY, hits: 3, dwell: seconds(30), marginM: { inside: 0, outside: 10 } }

/** How drawn places are judged: small ones, to which cars come to stand. */
export const PLACE_POLICY: Readonly<Record<DrawnKind, SidePolicy>> = {
  parking: PLACE,
  forbidden: { ...PLACE, dwell: seconds(60) },
  // One fix is enough to spare a car; it takes several to stop sparing it.
  never_block: { ...PLACE, hits: 1, dwell: seconds(0), marginM: { inside: 0, outside: 30 } },
}
