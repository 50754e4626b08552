import { z } from 'zod'
import { type EpochMs, minutes } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'

/** Why a vehicle earns nothing; `unknown` is a reason too, and shown in red. */
export const IDLE_REASONS = [
  'accident',
  'parts_wait',
  'service',
  'washing',
  'other',
  'papers',
  'hold_theft',
  'hold_zone',
  'hold_inspection',
  'hold_papers',
  'hold_balance',
  'hold_manual',
  'no_driver',
  'no_contact',
  'unknown',
] as const
export const IdleReason = z.enum(IDLE_REASONS)
export type IdleReason = z.infer<typeof IdleReason>
/** Exactly one at every moment. */
export type Standing = IdleReason | 'on_line'

/** What a person may say of a vehicle; it stands until he or somebody else takes it back. */
export const SaidReason = IdleReason.extract(['accident', 'parts_wait', 'service', 'washing', 'papers', 'other'])
export type SaidReason = z.infer<typeof SaidReason>

export type IdleFacts = {
  readonly said: SaidReason | null
  /** The vehicle is at an inspection now. */
  readonly atStation: boolean
  readonly leased: boolean
  /** Standing holds, while no grace runs. */
  readonly holds: readonly HoldReason[]
  /** Kinds of papers that are in force today, and that have ended; of three. */
  readonly papers: { readonly valid: number; readonly ended: number }
  readonly heardAt: EpochMs | null
}

/** Gravest first: of several holds this one names the idle time. */
const HOLDS = ['theft', 'zone', 'inspection', 'papers', 'balance', 'manual'] as const satisfies readonly HoldReason[]
const SILENT = minutes(24 * 60)
const PAPERS = 3

/**
 * Pure. The one reason, by this order: what a person has said; a visit to the station; a paper that has ended (for a
 * vehicle that nobody has, also one that was never entered); a hold; no driver; never heard of (unknown); silent for a
 * day. A vehicle that none of it concerns is on the line.
 */
export function standingOf(facts: IdleFacts, now: EpochMs): Standing {
  const { said, atStation, leased, holds, papers, heardAt } = facts
  if (said !== null) return said
  if (atStation) return 'service'
  if (papers.ended > 0 || (!leased && papers.valid < PAPERS)) return 'papers'
  const hold = HOLDS.find((reason) => holds.includes(reason))
  if (hold !== undefined) return `hold_${hold}`
  if (!leased) return 'no_driver'
  if (heardAt === null) return 'unknown'
  return now - heardAt > SILENT ? 'no_contact' : 'on_line'
}
