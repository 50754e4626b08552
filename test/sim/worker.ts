import { readFileSync } from 'node:fs'
import { drawPlan } from './draw-plan.ts'
import type { Failure, Job, Result } from './job.ts'
import { mutantModule, plantMutants } from './mutant-loader.ts'
import { FOUND_BY_SEED, MUTANTS } from './mutants.ts'
import type { Invariant, Violation } from './plan.ts'
import { type Regression, shrinkPlan } from './shrink.ts'
import { type Run, simulate } from './simulation.ts'
import { addRun, NO_RUNS } from './totals.ts'

/** A child process of main.ts: one job after another, until the parent closes the channel. */
plantMutants(MUTANTS)
process.on('message', (job: Job) => {
  void answer(job).then((result) => process.send?.(result))
})

const cpuS = (): number => process.cpuUsage().user / 1e6

async function answer(job: Job): Promise<Result> {
  switch (job.job) {
    case 'seeds':
      return runSeeds(job)
    case 'hash':
      return {
        job: 'hash',
        seed: job.seed,
        hash: simulate(job.seed, drawPlan(job.seed, job.size)).hash,
        pid: process.pid,
      }
    case 'mutant':
      return hunt(job)
    case 'regression':
      return { job: 'regression', file: job.file, violations: replayed(job.file) }
    default:
      return job satisfies never
  }
}

function runSeeds({ from, to, size }: Extract<Job, { job: 'seeds' }>): Result {
  const began = cpuS()
  let totals = NO_RUNS
  for (let seed = from; seed <= to; seed += 1) {
    const plan = drawPlan(seed, size)
    const run = simulate(seed, plan, { until: 'any' })
    const violation = run.violations[0]
    const failure = violation === undefined ? undefined : shrunk({ seed, violation, plan })
    totals = addRun(totals, run, failure)
  }
  return { job: 'seeds', totals: { ...totals, cpuS: cpuS() - began } }
}

function shrunk({ seed, violation, plan }: Failure): Failure {
  const { invariant } = violation
  const found = shrinkPlan(plan, (smaller) => breaks(simulate(seed, smaller, { until: invariant }), invariant), 80)
  return { seed, violation, plan: found }
}

const breaks = (run: Run, invariant: Invariant): boolean => run.violations.some((one) => one.invariant === invariant)

const rank = (id: number, seed: number): number => (FOUND_BY_SEED.get(id) === seed ? 0 : 1)

async function hunt({ id, seeds, size }: Extract<Job, { job: 'mutant' }>): Promise<Result> {
  const began = cpuS()
  const mutant = MUTANTS.find((one) => one.id === id)
  const broken = new Set<Invariant>()
  const end = (caughtAt: number | undefined, error?: string): Result => ({
    job: 'mutant',
    id,
    caughtAt,
    alsoBroke: [...broken],
    error,
    cpuS: cpuS() - began,
  })
  if (mutant === undefined) return end(undefined, 'no such mutant')
  try {
    const planted: { simulate: typeof simulate } = await import(mutantModule(id))
    const range = Array.from({ length: seeds }, (_, index) => index + 1)
    for (const seed of range.toSorted((one, other) => rank(id, one) - rank(id, other))) {
      const run = planted.simulate(seed, drawPlan(seed, size), { until: mutant.caughtBy })
      for (const { invariant } of run.violations) broken.add(invariant)
      if (breaks(run, mutant.caughtBy)) return end(seed)
    }
    return end(undefined)
  } catch (cause) {
    return end(undefined, String(cause))
  }
}

function replayed(file: string): readonly Violation[] {
  const { seed, plan }: Regression = JSON.parse(readFileSync(file, 'utf8'))
  return simulate(seed, plan).violations
}
