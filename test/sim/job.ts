import type { Size } from './draw-plan.ts'
import type { Invariant, Plan, Violation } from './plan.ts'
import type { Run } from './simulation.ts'

/** What the main process asks of a worker; answered by one result each. */
export type Job =
  | { readonly job: 'seeds'; readonly from: number; readonly to: number; readonly size: Size }
  | { readonly job: 'hash'; readonly seed: number; readonly size: Size }
  | { readonly job: 'mutant'; readonly id: number; readonly seeds: number; readonly size: Size }
  | { readonly job: 'regression'; readonly file: string }

export type Failure = { readonly seed: number; readonly violation: Violation; readonly plan: Plan }

export type Totals = Pick<Run, 'checks' | 'happened' | 'sometimes' | 'states' | 'events' | 'vehicleHours'> & {
  readonly failures: readonly Failure[]
  readonly cpuS: number
}

export type Result =
  | { readonly job: 'seeds'; readonly totals: Totals }
  | { readonly job: 'hash'; readonly seed: number; readonly hash: string; readonly pid: number }
  | {
      readonly job: 'mutant'
      readonly id: number
      /** The seed whose run broke the named invariant; undefined when none of the range did. */
      readonly caughtAt: number | undefined
      readonly alsoBroke: readonly Invariant[]
      readonly error: string | undefined
      readonly cpuS: number
    }
  | { readonly job: 'regression'; readonly file: string; readonly violations: readonly Violation[] }
