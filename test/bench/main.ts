import { parseArgs } from 'node:util'
import { audit } from './audit.ts'
import { balance } from './balance.ts'
import { type Bench, type BenchOptions, jsonLine } from './bench.ts'
import { block } from './block.ts'
import { board } from './board.ts'
import { bytes } from './bytes.ts'
import { catchUp } from './catch-up.ts'
import { connections } from './connections.ts'
import { edge } from './edge.ts'
import { batch, ceiling, overhead } from './front.ts'
import { history } from './history.ts'
import { inCar } from './in-car.ts'
import { ingest } from './ingest.ts'
import { loss } from './loss.ts'
import { process as processBench } from './process.ts'
import { tls } from './tls.ts'
import { whatIf } from './what-if.ts'
import { zone } from './zone.ts'

const BENCHES: readonly Bench[] = [
  audit,
  balance,
  edge,
  block,
  catchUp,
  inCar,
  bytes,
  zone,
  history,
  whatIf,
  ingest,
  overhead,
  ceiling,
  batch,
  connections,
  loss,
  tls,
  processBench,
  board,
]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
    fleet: { type: 'string' },
    only: { type: 'string' },
  },
})
const chosen = BENCHES.filter(({ name, group }) => positionals.some((given) => given === name || given === group))
const unknown = positionals.filter((given) => !BENCHES.some(({ name, group }) => given === name || given === group))
if (chosen.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`No benchmark is called ${name}.`)
  console.error('npm run bench -- <name> [--full] [--tls] [--fleet 100] [--only clear|weather]\n')
  for (const bench of BENCHES)
    console.error(
      `  ${bench.name.padEnd(14)}${bench.about}${bench.group === undefined ? '' : ` (part of ${bench.group})`}`,
    )
  process.exit(2)
}
for (const bench of chosen) {
  const fleet = values.fleet === undefined ? {} : { fleet: Number.parseInt(values.fleet, 10) }
  const { full, tls } = values
  const only: Pick<BenchOptions, 'only'> =
    values.only === 'clear' || values.only === 'weather' ? { only: values.only } : {}
  const result = await bench.run({ full, tls, ...only, ...fleet, print: (text) => console.log(text) })
  console.log(jsonLine(bench.name, result))
  if (result.void !== null) process.exitCode = 1
}
