#!/usr/bin/env node
// npm test: installs if needed, then every check this machine can run. The last line reads "N passed, N failed".
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { constants, freemem, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { buildConsole, consoleIsFresh, ensureInstalled, PINNED_NODE, ROOT, runToEnd } from './installation.mjs'
import { filesOf } from './test-reports.mjs'

const wanted = process.argv.slice(2)
const requireReal = process.env.KORDON_REQUIRE_REAL === '1'

const postgresFolders = () => {
  const home = '/usr/lib/postgresql'
  return existsSync(home) ? readdirSync(home).map((version) => join(home, version, 'bin')) : []
}

/** Programs that some tests need for real, by the names Debian gives them. */
const REAL = [
  { name: 'Mosquitto', programs: ['mosquitto'], without: 'the tests behind an external MQTT broker' },
  {
    name: 'InfluxDB 1.x',
    programs: ['influxd'],
    without: 'the tests that write and read history through its v1 paths',
  },
  {
    name: 'VictoriaMetrics',
    programs: ['victoria-metrics', 'victoria-metrics-prod'],
    without: 'the tests that write history through the v2 path',
  },
  {
    name: 'PostgreSQL',
    programs: ['initdb', 'postgres'],
    without: 'the tests on a database server (PGlite was used instead)',
  },
  {
    name: 'Chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    without: 'the tests of the console in a browser',
  },
  {
    name: 'NATS',
    programs: ['nats-server'],
    wanted: true,
    without: 'the property of topics behind NATS, which the cloud itself does not work with',
  },
  { name: 'socat', programs: ['socat'], without: 'the tests on a serial line (Modbus RTU)' },
]

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...postgresFolders()]
const isHere = ({ programs }) => programs.some((program) => folders.some((folder) => existsSync(join(folder, program))))

if (!(await ensureInstalled())) {
  console.log('0 passed, 1 failed')
  process.exit(1)
}

const modules = join(ROOT, 'node_modules')
const env = {
  ...process.env,
  // Hundreds of processes load the same files: each is compiled once.
  NODE_COMPILE_CACHE: join(modules, '.cache', 'compiled'),
  PATH: [join(modules, 'node', 'bin'), join(modules, '.bin'), process.env.PATH].join(delimiter),
}
const node = (...args) => runToEnd(PINNED_NODE, args, { env })
const tsc = (project) => node(join(modules, 'typescript', 'bin', 'tsc'), '-p', join(ROOT, project))
// What comes from the cache of compiled code is counted less exactly.
const covered = () =>
  runToEnd(PINNED_NODE, [join(ROOT, 'bin', 'coverage.mjs')], { env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' } })
const reportFolder = mkdtempSync(join(tmpdir(), 'kordon-test-'))

/** Tests that run the whole product stand apart: for minutes they mostly wait, and a busy machine would disturb their cars. */
const WHOLE = 'test/system'
const vitestArguments = (report, ...args) => [
  join(modules, 'vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join(reportFolder, report)}`,
  ...args,
]
const vitest = (report, ...args) => node(...vitestArguments(report, ...args))

const MEMORY = '/dev/shm'
const ROOM_BYTES = 4 * 1024 ** 3
/** The folder may be declared larger than the memory that is free. */
const hasRoom = ({ bavail, bsize }) => Math.min(bavail * bsize, freemem() / 2) >= ROOM_BYTES
/** A database's files are made and removed for nearly every test, by the thousand: in memory at a quarter of the work, where it has room. */
const scratch = existsSync(MEMORY) && hasRoom(statfsSync(MEMORY)) ? mkdtempSync(join(MEMORY, 'kordon-test-')) : tmpdir()
if (scratch !== tmpdir()) {
  // PostgreSQL runs there as a user of its own.
  chmodSync(scratch, 0o755)
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(128 + constants.signals[signal]))
}
const tests = (...args) =>
  runToEnd(PINNED_NODE, vitestArguments('vitest.json', ...args), { env: { ...env, TMPDIR: scratch } })

/** Beside another step: its output is kept until it has ended, so that two steps never speak at once. */
const beside = async (name, ...args) => {
  const outputFile = join(reportFolder, `${name}.txt`)
  const output = openSync(outputFile, 'w')
  const code = await runToEnd(PINNED_NODE, args, { env, stdio: ['ignore', output, output] })
  closeSync(output)
  return { code, words: readFileSync(outputFile, 'utf8') }
}
/** Six minutes of two recorded drives: hardly any work. */
const DRIVES = `${WHOLE}/replay`
const TESTS = 'tests'
const TEST_STEPS =
  wanted.length > 0
    ? [{ name: TESTS, report: 'vitest.json', run: () => tests(...wanted) }]
    : [
        { name: TESTS, report: 'vitest.json', run: () => tests(`--exclude=${WHOLE}/**`) },
        {
          name: 'tests of the whole product',
          report: 'whole.json',
          run: () => vitest('whole.json', '--maxWorkers=5', `--exclude=${DRIVES}*`, WHOLE),
        },
      ]
/** Begun first and waited for last, so that no core is idle meanwhile. */
const COMPANIONS =
  wanted.length > 0
    ? []
    : [
        {
          name: 'recorded drives',
          report: 'drives.json',
          run: () => beside('drives', ...vitestArguments('drives.json', DRIVES)),
        },
        {
          // Twenty simulated car-years want both cores, and take what the steps leave over.
          name: 'simulator',
          run: () => beside('simulator', join(ROOT, 'bin', 'gently.mjs'), join(ROOT, 'test/sim/main.ts')),
        },
      ]

const STEPS = [
  { name: 'types of the services', run: () => tsc('tsconfig.json') },
  { name: 'types of the console', run: () => tsc('cloud/console/tsconfig.json') },
  { name: 'lint and format', run: () => node(join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', ROOT) },
  { name: 'dependencies keep the policy', run: () => node(join(ROOT, 'bin', 'supply-chain.mjs'), 'policy') },
  { name: 'generated files are fresh', run: () => node('test/support/generate.ts', '--check') },
  { name: 'console builds', run: async () => (consoleIsFresh() ? 0 : buildConsole({ env })) },
  ...(wanted.length > 0 ? [] : [{ name: 'every branch of the interlock', run: covered }]),
  ...TEST_STEPS,
]

const results = []
const took = async (name, run) => {
  const startedAt = Date.now()
  const ended = await run()
  const { code, words } = typeof ended === 'number' ? { code: ended } : ended
  results.push({ name, code, seconds: (Date.now() - startedAt) / 1000 })
  return words
}
const companions = COMPANIONS.map(({ name, run }) => ({ name, words: took(name, run) }))
for (const { name, run } of STEPS) {
  console.log(`\n── ${name}`)
  await took(name, run)
}
for (const { name, words } of companions) console.log(`\n── ${name}\n${await words}`)

const reported = [...TEST_STEPS, ...COMPANIONS].filter(({ report }) => report)
const faults = []
const files = new Map()
for (const { name, report } of reported)
  for (const [file, result] of filesOf(join(reportFolder, report))) files.set(file, { ...result, step: name })
const failingFiles = () => [...files].filter(([, { faults }]) => faults.length > 0)
for (const { name, code } of results) {
  // vitest may end badly with every test passed: an error outside of any test, or no report at all.
  if (code !== 0 && !failingFiles().some(([, { step }]) => step === name)) faults.push(name)
}

/** More failing files than these are no accident of a busy machine. */
const MOST_ASKED_AGAIN = 8
const ALONE = 'what failed, alone'
const onlyAlone = []
const failing = failingFiles()
// A whole run keeps both cores busy to its end: what failed in it is asked again with the machine to itself, and told.
if (wanted.length === 0 && failing.length > 0 && failing.length <= MOST_ASKED_AGAIN) {
  console.log(`\n── ${ALONE}`)
  await took(ALONE, () => vitest('alone.json', '--maxWorkers=1', ...failing.map(([file]) => file)))
  for (const [file, result] of filesOf(join(reportFolder, 'alone.json'))) {
    onlyAlone.push(...files.get(file).faults.filter((name) => !result.faults.includes(name)))
    files.set(file, result)
  }
}
rmSync(reportFolder, { recursive: true, force: true })
const countOf = (what) => [...files.values()].reduce((sum, result) => sum + result[what], 0)
for (const { faults: found } of files.values()) faults.push(...found)
const absent = REAL.filter((server) => !isHere(server))
if (requireReal)
  faults.push(
    ...absent.filter(({ wanted }) => !wanted).map(({ name }) => `${name} is not on this machine, and is required`),
  )

console.log('\n── summary')
for (const { name, code, seconds } of results)
  console.log(`  ${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(28)} ${seconds.toFixed(1).padStart(7)} s`)
if (countOf('skipped') > 0) console.log(`  ${countOf('skipped')} tests skipped`)
for (const { name, without } of absent) console.log(`  ABSENT ${name} is not on this machine: not run were ${without}`)
if (absent.length === 0) console.log('  every real server the tests know is on this machine')
for (const name of onlyAlone) console.log(`  passed only with the machine to itself: ${name}`)
for (const fault of faults) console.log(`  FAILED ${fault}`)
console.log(`${countOf('passed')} passed, ${faults.length} failed`)
process.exit(faults.length === 0 ? 0 : 1)
