import type { Happening, Invariant, Plan } from './plan.ts'

/**
 * The smallest part of the plan that still breaks the invariant, as far as removing pieces finds it: halves, quarters, and
 * so on down to single happenings (delta debugging). `fails` runs a plan; at most `tries` times.
 */
export function shrinkPlan(plan: Plan, fails: (plan: Plan) => boolean, tries = 200): Plan {
  let happenings: readonly Happening[] = plan.happenings
  let left = tries
  let size = Math.ceil(happenings.length / 2)
  while (size >= 1 && left > 0) {
    let removed = false
    for (let from = 0; from < happenings.length && left > 0; ) {
      const without = [...happenings.slice(0, from), ...happenings.slice(from + size)]
      left -= 1
      if (without.length < happenings.length && fails({ ...plan, happenings: without })) {
        happenings = without
        removed = true
      } else from += size
    }
    if (size === 1 && !removed) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  return { ...plan, happenings }
}

/** A plan that once broke something, kept for ever. */
export type Regression = {
  readonly seed: number
  readonly invariant: Invariant
  readonly found: string
  readonly plan: Plan
}
