import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bombard, createForger } from '../support/forged-orders.ts'
import type { Size } from './draw-plan.ts'
import { drawPlan } from './draw-plan.ts'
import type { Job, Result } from './job.ts'
import { MUTANTS } from './mutants.ts'
import { printed, type Report, reportOf } from './report.ts'
import { simulate } from './simulation.ts'

const HELP = `npm run sim -- [--seeds 1..400] [--hours 88] [--vehicles 5] [--dense 40] [--mutants all|none|1,6,12]
               [--mutant-seeds 40] [--hashes 50] [--workers 2] [--replay <seed> --vehicle <n> [--pace dense|wide]]
               [--envelopes 1000000]

Runs the seeds, the planted bugs and the determinism proof, prints the report and one JSON line; exit code 1 when an
invariant broke, a planted bug was missed or a replay differed. --replay tells the story of one seed;
--envelopes throws so many adversarial messages at the gateway's ear instead: exit code 1 when one became an order.`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..400' },
    hours: { type: 'string', default: '88' },
    vehicles: { type: 'string', default: '5' },
    dense: { type: 'string', default: '40' },
    mutants: { type: 'string', default: 'all' },
    'mutant-seeds': { type: 'string', default: '40' },
    hashes: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
    replay: { type: 'string' },
    envelopes: { type: 'string' },
    vehicle: { type: 'string', default: '0' },
    pace: { type: 'string', default: 'wide' },
    help: { type: 'boolean', default: false },
  },
})

const FOLDER = join(import.meta.dirname, 'regressions')
const [first = 1, last = first] = values.seeds.split('..').map(Number)
const vehicles = Number(values.vehicles)
const WIDE: Size = { hours: Number(values.hours), vehicles, pace: 'wide' }
const DENSE: Size = { hours: 10, vehicles, pace: 'dense' }
const SHORT: Size = { hours: 6, vehicles, pace: 'dense' }

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(`${HELP}\n`)
  if (values.replay !== undefined) return replay(Number(values.replay))
  if (values.envelopes !== undefined) return bombarded(Number(values.envelopes))
  const began = performance.now()
  const results = await runAll(jobs())
  const report = reportOf(results, {
    commit: commitNow(),
    seeds: `${first}..${last}`,
    wallS: (performance.now() - began) / 1000,
    hours: WIDE.hours,
    vehicles,
    runs: last - first + 1 + Number(values.dense),
  })
  for (const { seed, violation, plan } of report.failures) keepFailure(seed, violation.invariant, violation.what, plan)
  process.stdout.write(`${printed(report)}\n${JSON.stringify(summary(report))}\n`)
  process.exitCode = report.passed ? 0 : 1
}

/** Long jobs first, so that no core is idle at the end. */
function jobs(): readonly Job[] {
  const wanted =
    values.mutants === 'none'
      ? []
      : MUTANTS.filter(({ id }) => values.mutants === 'all' || values.mutants.split(',').includes(String(id)))
  const step = 4
  const seeds: Job[] = []
  for (let from = first; from <= last; from += step)
    seeds.push({ job: 'seeds', from, to: Math.min(last, from + step - 1), size: WIDE })
  for (let from = 1; from <= Number(values.dense); from += step)
    seeds.push({ job: 'seeds', from, to: Math.min(Number(values.dense), from + step - 1), size: DENSE })
  const hashes = Array.from({ length: Number(values.hashes) }, (_, index) => index + 1)
  const kept = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => file.endsWith('.json')) : []
  return [
    ...kept.map((file) => ({ job: 'regression', file: join(FOLDER, file) }) as const),
    ...wanted.map(({ id }) => ({ job: 'mutant', id, seeds: Number(values['mutant-seeds']), size: DENSE }) as const),
    ...seeds,
    ...[...hashes, ...hashes].map((seed) => ({ job: 'hash', seed, size: SHORT }) as const),
  ]
}

/** Each worker asks for the next job as it ends one; the two looks at one seed go to different processes. */
async function runAll(all: readonly Job[]): Promise<readonly Result[]> {
  const count = Math.max(1, Number(values.workers))
  const shared = all.filter(({ job }) => job !== 'hash')
  const hashes = all.filter(({ job }) => job === 'hash')
  const results: Result[] = []
  let next = 0
  const work = async (worker: number): Promise<void> => {
    const child = fork(join(import.meta.dirname, 'worker.ts'), { execArgv: ['--max-semi-space-size=64'] })
    try {
      for (let job = shared[next++]; job !== undefined; job = shared[next++]) results.push(await asked(child, job))
      const own = hashes.slice(
        Math.floor((worker * hashes.length) / count),
        Math.floor(((worker + 1) * hashes.length) / count),
      )
      for (const job of own) results.push(await asked(child, job))
    } finally {
      child.disconnect()
    }
  }
  await Promise.all(Array.from({ length: count }, (_, worker) => work(worker)))
  return results
}

const asked = (child: ChildProcess, job: Job): Promise<Result> =>
  new Promise((done, fail) => {
    const failed = (code: number | null): void =>
      fail(new Error(`a worker died with ${code} at ${JSON.stringify(job)}`))
    child.once('exit', failed)
    child.once('message', (result: Result) => {
      child.off('exit', failed)
      done(result)
    })
    child.send(job)
  })

/** The shrunken plan goes to the regressions folder: commit it together with its cure. */
function keepFailure(seed: number, invariant: string, found: string, plan: unknown): void {
  mkdirSync(FOLDER, { recursive: true })
  const file = join(FOLDER, `${invariant}-seed-${seed}.json`)
  writeFileSync(file, `${JSON.stringify({ seed, invariant, found, plan }, null, 2)}\n`)
  process.stdout.write(`kept: ${file}\n`)
}

function replay(seed: number): void {
  const size: Size = values.pace === 'dense' ? DENSE : WIDE
  const run = simulate(seed, drawPlan(seed, size), {
    tell: (vehicle, at, what) => {
      if (vehicle === Number(values.vehicle) || vehicle < 0) process.stdout.write(`${(at / 1000).toFixed(3)} ${what}\n`)
    },
  })
  process.stdout.write(`${run.hash} ${JSON.stringify(run.violations)}\n`)
}

async function bombarded(count: number): Promise<void> {
  const began = performance.now()
  const { tried, accepted, genuine } = await bombard(createForger(first), count)
  const wallS = ((performance.now() - began) / 1000).toFixed(1)
  for (const [kind, times] of tried) process.stdout.write(`${String(times).padStart(9)} ${kind}\n`)
  process.stdout.write(`${count} envelopes in ${wallS} s: ${accepted.length} became an order ${accepted.join(' ')}\n`)
  process.exitCode = accepted.length === 0 && genuine ? 0 : 1
}

function commitNow(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

const summary = ({ failures, ...report }: Report): object => ({
  ...report,
  failures: failures.map(({ seed, violation }) => ({ seed, ...violation })),
})

await main()
