import type { Failure, Result, Totals } from './job.ts'
import { MUTANTS } from './mutants.ts'
import { ATTACKS, POINTS, RELAY_SHAPES, SENSOR_SHAPES, type Violation } from './plan.ts'
import { addTotals, checksOf, NO_RUNS } from './totals.ts'

type Facts = {
  readonly commit: string
  readonly seeds: string
  readonly wallS: number
  readonly hours: number
  readonly vehicles: number
  readonly runs: number
}

export type Report = Facts & {
  readonly passed: boolean
  readonly vehicleYears: number
  readonly events: number
  readonly vehicleHoursPerCpuS: number
  readonly happened: Totals['happened']
  readonly sometimes: readonly string[]
  /** What the plans should bring about and did not, in this range of seeds. */
  readonly never: readonly string[]
  readonly checks: Totals['checks']
  readonly allChecks: number
  readonly violations: number
  readonly mutants: { readonly caught: number; readonly of: number; readonly missed: readonly string[] }
  readonly distinctStates: number
  readonly determinism: { readonly seeds: number; readonly processes: number; readonly differing: readonly number[] }
  readonly regressions: { readonly kept: number; readonly broken: readonly string[] }
  /** Of the runs, with 95 % confidence: at most this share could break an invariant. */
  readonly bound: number
  readonly failures: readonly Failure[]
}

/** What must be seen at least once in a full range of seeds. */
export const SOMETIMES = [
  'a save was held up by the disk',
  'a write was withheld at the port',
  'a receipt was lost and its batch repeated',
  'a thinned range was declared',
  'a forged order was turned away',
  'a full disk refused records',
  'a hold was lifted while another stood',
  'a person had to repeat a wish',
  'a backfilled frame moved nothing',
  'a start was inhibited',
  'an engine started',
  'decisions were replayed into SQL',
  'unblock by code',
  'unblock by code while partitioned',
  'order waited then executed',
  'a polled receiver alone proved a standstill',
  'verified: blocked',
  'verified: free',
  'SQL lost commits',
  'leaves were replayed into SQL',
  'a configuration was applied',
  'a certificate was renewed',
] as const

const expectedKinds = (): readonly string[] => [
  ...ATTACKS.map((shape) => `attack ${shape}`),
  ...RELAY_SHAPES.map((shape) => `relay ${shape}`),
  ...Object.values(SENSOR_SHAPES).flatMap((shapes) => shapes.map((shape) => `sensor ${shape}`)),
]

/** Pure. */
export function reportOf(results: readonly Result[], facts: Facts): Report {
  let totals = NO_RUNS
  const hashes = new Map<number, { readonly hash: string; readonly pid: number }[]>()
  const missed: string[] = []
  const broken: string[] = []
  let caught = 0
  let tried = 0
  let kept = 0
  for (const result of results) {
    if (result.job === 'seeds') totals = addTotals(totals, result.totals)
    if (result.job === 'hash') hashes.set(result.seed, [...(hashes.get(result.seed) ?? []), result])
    if (result.job === 'regression') {
      kept += 1
      if (result.violations.length > 0) broken.push(`${result.file}: ${whatOf(result.violations)}`)
    }
    if (result.job !== 'mutant') continue
    tried += 1
    if (result.caughtAt !== undefined) caught += 1
    else missed.push(missedBug(result))
  }
  const differing = [...hashes]
    .filter(([, runs]) => new Set(runs.map(({ hash }) => hash)).size > 1)
    .map(([seed]) => seed)
  const processes = new Set([...hashes.values()].flat().map(({ pid }) => pid)).size
  const happened = Object.keys(totals.happened)
  const never = [
    ...SOMETIMES.filter((what) => !totals.sometimes.includes(what)),
    ...expectedKinds().filter((kind) => !happened.includes(kind)),
    ...POINTS.filter((point) => !happened.some((kind) => kind.startsWith(`at-point ${point} `))),
  ]
  return {
    ...facts,
    passed: totals.failures.length === 0 && missed.length === 0 && differing.length === 0 && broken.length === 0,
    vehicleYears: totals.vehicleHours / 8766,
    events: totals.events,
    vehicleHoursPerCpuS: totals.cpuS === 0 ? 0 : totals.vehicleHours / totals.cpuS,
    happened: totals.happened,
    sometimes: totals.sometimes,
    never,
    checks: totals.checks,
    allChecks: checksOf(totals),
    violations: totals.failures.length,
    mutants: { caught, of: tried, missed },
    distinctStates: totals.states.length,
    determinism: { seeds: hashes.size, processes, differing },
    regressions: { kept, broken },
    bound: 3 / facts.runs,
    failures: totals.failures,
  }
}

const whatOf = (violations: readonly Violation[]): string => violations.map(({ what }) => what).join('; ')

const missedBug = ({ id, error, alsoBroke }: Extract<Result, { job: 'mutant' }>): string => {
  const mutant = MUTANTS.find((one) => one.id === id)
  const instead = alsoBroke.length === 0 ? '' : `, broke ${alsoBroke.join(' ')} instead`
  return `${id} ${mutant?.name ?? ''} (${mutant?.caughtBy ?? ''}${instead})${error === undefined ? '' : `: ${error}`}`
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 })

/** Pure. As people read it. */
export function printed(report: Report): string {
  const { mutants, determinism, regressions } = report
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([kind, times]) => `${kind} ${number(times)}`)
      .join(' · ')
  return [
    `commit ${report.commit} · seeds ${report.seeds} × ${report.vehicles} cars × ${report.hours} h and dense ones, ${report.runs} runs`,
    `${number(report.vehicleYears)} vehicle-years · ${number(report.events)} events · ${number(report.wallS)} s · ${number(report.vehicleHoursPerCpuS)} vehicle-hours a CPU second`,
    `happened: ${list(report.happened)}`,
    `sometimes (${report.sometimes.length}): ${report.sometimes.join(' · ')}`,
    `never seen: ${report.never.join(' · ') || '–'}`,
    `checks: ${list(report.checks)} · all ${number(report.allChecks)}`,
    `distinct abstract states: ${number(report.distinctStates)}`,
    `determinism: ${determinism.seeds} seeds twice in ${determinism.processes} processes, ${determinism.differing.length} differ`,
    `regressions: ${regressions.kept} kept, ${regressions.broken.length} broken ${regressions.broken.join(' | ')}`,
    `planted bugs: ${mutants.caught}/${mutants.of} caught; missed: ${mutants.missed.join(' | ') || '–'}`,
    `violations: ${report.violations} · at most ${number(report.bound * 100)} % of runs at 95 % (3/N)`,
    ...report.failures.map(
      ({ seed, violation }) => `  seed ${seed}: ${violation.invariant} vehicle ${violation.vehicle}: ${violation.what}`,
    ),
  ].join('\n')
}
