import type { Failure, Totals } from './job.ts'
import { INVARIANTS, type Invariant } from './plan.ts'
import type { Run } from './simulation.ts'

const counted = (of: (invariant: Invariant) => number): Readonly<Record<Invariant, number>> => ({
  I1: of('I1'),
  I2: of('I2'),
  I3: of('I3'),
  I4: of('I4'),
  I5: of('I5'),
  I6: of('I6'),
  I7: of('I7'),
  D1: of('D1'),
  D2: of('D2'),
})

export const NO_RUNS: Totals = {
  checks: counted(() => 0),
  happened: {},
  sometimes: [],
  states: [],
  events: 0,
  vehicleHours: 0,
  failures: [],
  cpuS: 0,
}

type Countable = Omit<Totals, 'failures' | 'cpuS'>

const added = (a: Totals, b: Countable): Omit<Totals, 'failures' | 'cpuS'> => {
  const happened: Record<string, number> = { ...a.happened }
  for (const [kind, times] of Object.entries(b.happened)) happened[kind] = (happened[kind] ?? 0) + times
  return {
    checks: counted((invariant) => a.checks[invariant] + b.checks[invariant]),
    happened,
    sometimes: [...new Set([...a.sometimes, ...b.sometimes])].toSorted(),
    states: [...new Set([...a.states, ...b.states])].toSorted(),
    events: a.events + b.events,
    vehicleHours: a.vehicleHours + b.vehicleHours,
  }
}

/** Pure. */
export const addRun = (totals: Totals, run: Run, failure: Failure | undefined): Totals => ({
  ...added(totals, run),
  failures: failure === undefined ? totals.failures : [...totals.failures, failure],
  cpuS: totals.cpuS,
})

/** Pure. */
export const addTotals = (a: Totals, b: Totals): Totals => ({
  ...added(a, b),
  failures: [...a.failures, ...b.failures],
  cpuS: a.cpuS + b.cpuS,
})

export const checksOf = (totals: Totals): number =>
  INVARIANTS.reduce((sum, invariant) => sum + totals.checks[invariant], 0)
