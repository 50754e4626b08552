import { millis } from '#contract/instant.ts'
import { type Evidence, type EvidenceSources, NO_EVIDENCE, observe } from '../../edge/interlock/evidence.ts'
import type { Question } from '../../edge/interlock/interlock.ts'
import { type InterlockPolicy, interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import type { Reading } from '../../edge/profile/reading.ts'
import { drive, type Fixed, fix, ignition, motion, SOURCES } from './moments.ts'

export const POLICY: InterlockPolicy = interlockPolicy()

/** What is different from a car that stands with everything good. A function answers by the second. */
export type Story = {
  readonly seconds?: number
  readonly sources?: EvidenceSources
  readonly policy?: InterlockPolicy
  readonly ignition?: (s: number) => readonly Reading[]
  readonly gps?: (s: number) => readonly Reading[]
  /** Several looks at the receiver within one second, instead of `gps`. */
  readonly looks?: (s: number) => readonly (readonly Reading[])[]
  readonly motion?: (s: number) => readonly Reading[]
  readonly drive?: (s: number) => readonly Reading[]
}

export const at = (s: number): number => s * 1000
export const every =
  (fixed: Fixed) =>
  (s: number): readonly Reading[] =>
    fix(at(s), fixed)
export const silent = (): readonly Reading[] => []

/** Lives the story second by second, as the polling loops would. */
export function lived(story: Story): Evidence {
  const { seconds = 100, sources = SOURCES, policy = POLICY } = story
  let evidence = NO_EVIDENCE
  for (let s = 1; s <= seconds; s += 1) {
    const groups = [
      story.ignition?.(s) ?? [ignition(false, at(s))],
      sources.motion === undefined ? [] : (story.motion?.(s) ?? [motion(false, at(s))]),
      story.drive?.(s) ?? [drive('free', at(s))],
      ...(story.looks?.(s) ?? [story.gps?.(s) ?? fix(at(s))]),
    ]
    for (const readings of groups) evidence = observe(evidence, readings, sources, policy)
  }
  return evidence
}

/** A block order on a car that has lived the story, asked `afterMs` after its last second. */
export const asked = (story: Story = {}, more: Partial<Question> = {}, afterMs = 20): Question => ({
  action: 'block',
  expiry: 'running',
  commissioning: 'sealed',
  circuit: 'starter',
  sources: story.sources ?? SOURCES,
  evidence: lived(story),
  relay: { reported: 'free', fault: 'none', toggles: [] },
  policy: story.policy ?? POLICY,
  now: millis(at(story.seconds ?? 100) + afterMs),
  ...more,
})
