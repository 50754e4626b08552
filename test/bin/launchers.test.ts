import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url).pathname

type Ended = { code: number | null; output: string }

async function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (text: Buffer) => {
    output += text.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const [code] = await once(child, 'close')
  return { code, output }
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A project of a few files around the real launchers; `runtime` links in the real pinned Node. */
function project(files: Record<string, string>, runtime: 'with-runtime' | 'without-runtime'): string {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-launch-'))
  folders.push(dir)
  cpSync(join(ROOT, 'bin'), join(dir, 'bin'), { recursive: true })
  mkdirSync(join(dir, 'node_modules'))
  if (runtime === 'with-runtime') symlinkSync(join(ROOT, 'node_modules', 'node'), join(dir, 'node_modules', 'node'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

test('run passes arguments, environment and the exit code through', async () => {
  const dir = project(
    {
      'main.ts':
        'const word: string = process.argv.slice(2).join("+"); console.log(word, process.env["KORDON_X"], process.version); process.exit(7)',
    },
    'with-runtime',
  )
  const { code, output } = await run(join(dir, 'bin', 'run.mjs'), ['main.ts', '--json', 'two words'], {
    KORDON_X: 'yes',
  })
  expect({ code, output: output.trim() }).toEqual({ code: 7, output: `--json+two words yes ${process.version}` })
})

test('run hands a signal on and tells by which one the program ended', async () => {
  const dir = project(
    {
      'main.ts':
        'process.on("SIGTERM", () => { console.log("drained"); process.exit(3) }); console.log("up"); setInterval(() => {}, 1000)',
    },
    'with-runtime',
  )
  const child = spawn(process.execPath, [join(dir, 'bin', 'run.mjs'), 'main.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString()
    if (text.toString().includes('up')) child.kill('SIGTERM')
  })
  const [code] = await once(child, 'close')
  expect({ code, output }).toEqual({ code: 3, output: 'up\ndrained\n' })
})

test.each([
  { name: 'nothing to run', args: [], code: 2, says: 'usage: node bin/run.mjs' },
  { name: 'a file that is not there', args: ['nowhere/main.ts'], code: 2, says: 'nowhere/main.ts: no such file' },
])('run refuses $name', async ({ args, code, says }) => {
  const ended = await run(join(project({}, 'with-runtime'), 'bin', 'run.mjs'), args)
  expect(ended.code).toBe(code)
  expect(ended.output).toContain(says)
})

test('without the pinned runtime run says what to do', async () => {
  const ended = await run(join(project({ 'main.ts': '' }, 'without-runtime'), 'bin', 'run.mjs'), ['main.ts'])
  expect(ended.code).toBe(1)
  expect(ended.output).toMatch(/pinned Node is missing.*Run "npm ci"/)
})

test('start names every taken port with the variable that changes it, and starts nothing', async () => {
  const taken = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of taken) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    ports.push(typeof address === 'object' && address !== null ? address.port : 0)
  }
  const [http = 0, mqtts = 0] = ports
  try {
    const ended = await run(join(ROOT, 'bin', 'start.mjs'), [], {
      KORDON_HTTP_PORT: String(http),
      KORDON_MQTT_PORT: '0',
      KORDON_MQTTS_PORT: String(mqtts),
    })
    expect(ended.code).toBe(1)
    expect(ended.output).toContain(`Port ${http} on 127.0.0.1 (HTTP) is taken by another program`)
    expect(ended.output).toContain(`Port ${mqtts} on 127.0.0.1 (MQTT over TLS) is taken by another program`)
    expect(ended.output).toContain(`KORDON_HTTP_PORT=${http + 10} KORDON_MQTTS_PORT=${mqtts + 10} npm start`)
    expect(ended.output).not.toContain('Building')
  } finally {
    for (const server of taken) server.close()
  }
})

type Codes = { readonly tsc?: number; readonly biome?: number; readonly vitest?: number; readonly alone?: number }

/** Everything `npm test` calls, as programs that end as told; vitest writes the report it is given, and another when asked again. */
const checks = (codes: Codes, report: object, alone = report): Record<string, string> => ({
  'package.json': '{}',
  'package-lock.json': '{"lockfileVersion":3,"packages":{}}',
  'docs/dependencies.md': '',
  'node_modules/.package-lock.json': '{}',
  'node_modules/typescript/bin/tsc': `process.exit(${codes.tsc ?? 0})`,
  'node_modules/@biomejs/biome/bin/biome': `process.exit(${codes.biome ?? 0})`,
  'node_modules/vite/bin/vite.js': 'process.exit(0)',
  'node_modules/vitest/vitest.mjs': `
    import { writeFileSync } from 'node:fs'
    const file = process.argv.find((one) => one.startsWith('--outputFile.json='))?.split('=')[1]
    // Measuring coverage asks for no report.
    if (file === undefined) process.exit(0)
    // The runs of the whole product have nothing to run here.
    const isWhole = process.argv.at(-1).startsWith('test/system')
    const isAlone = file.endsWith('alone.json')
    const told = isAlone ? ${JSON.stringify(JSON.stringify(alone))} : ${JSON.stringify(JSON.stringify(report))}
    writeFileSync(file, isWhole ? '{"testResults":[]}' : told)
    process.exit(isWhole ? 0 : isAlone ? ${codes.alone ?? 0} : ${codes.vitest ?? 0})`,
  'test/support/generate.ts': 'process.exit(0)',
  'test/sim/main.ts': 'process.exit(0)',
  'contract/ids.ts': '',
  'cloud/console/index.html': '',
})
const several = (status: string, number: number) =>
  Array.from({ length: number }, (_, n) => ({ status, fullName: `${status} ${n}` }))
/** One file with these tests; `unloaded` stands beside it and has none. */
const report = (passed: number, failed: number, pending = 0, unloaded: object[] = []) => ({
  testResults: [
    {
      name: 'one.test.ts',
      status: failed === 0 ? 'passed' : 'failed',
      message: '',
      assertionResults: [...several('passed', passed), ...several('failed', failed), ...several('pending', pending)],
    },
    ...unloaded,
  ],
})
const UNLOADED = { name: 'two.test.ts', status: 'failed', message: 'no such module\nat one.ts', assertionResults: [] }

test.each([
  {
    name: 'all well',
    codes: {},
    report: report(12, 0, 3),
    code: 0,
    last: '12 passed, 0 failed',
    says: '3 tests skipped',
  },
  {
    name: 'a failed test',
    codes: { vitest: 1, alone: 1 },
    report: report(11, 1),
    code: 1,
    last: '11 passed, 1 failed',
    says: 'FAILED failed 0',
  },
  {
    name: 'a test that fails in company only',
    codes: { vitest: 1 },
    report: report(11, 1),
    alone: report(12, 0),
    code: 0,
    last: '12 passed, 0 failed',
    says: 'passed only with the machine to itself: failed 0',
  },
  {
    name: 'nine failing files, which are no accident',
    codes: { vitest: 1 },
    report: report(
      3,
      0,
      0,
      Array(9)
        .fill(0)
        .map((_, n) => ({ ...UNLOADED, name: `${n}.test.ts` })),
    ),
    alone: report(12, 0),
    code: 1,
    last: '3 passed, 9 failed',
    says: 'FAILED 8.test.ts was not run: no such module',
  },
  {
    name: 'wrong types, both projects',
    codes: { tsc: 2 },
    report: report(12, 0),
    code: 1,
    last: '12 passed, 2 failed',
    says: 'FAILED types of the services',
  },
  {
    name: 'lint',
    codes: { biome: 1 },
    report: report(12, 0),
    code: 1,
    last: '12 passed, 1 failed',
    says: 'FAILED lint',
  },
  {
    name: 'a test file that does not load',
    codes: { vitest: 1, alone: 1 },
    report: report(12, 0, 0, [UNLOADED]),
    code: 1,
    last: '12 passed, 1 failed',
    says: 'FAILED two.test.ts was not run: no such module',
  },
  {
    name: 'an error outside of any test',
    codes: { vitest: 1 },
    report: report(12, 0),
    code: 1,
    last: '12 passed, 1 failed',
    says: 'FAILED tests',
  },
])('npm test with $name ends in "$last"', async ({ codes, report: written, alone, code, last, says }) => {
  const dir = project(checks(codes, written, alone), 'with-runtime')
  const ended = await run(join(dir, 'bin', 'test.mjs'), [], { PATH: join(dir, 'nothing'), KORDON_REQUIRE_REAL: '0' })
  expect(ended.output.trim().split('\n').at(-1)).toBe(last)
  expect(ended.code).toBe(code)
  expect(ended.output).toContain(says)
  expect(ended.output).toContain('ABSENT Chromium is not on this machine: not run were the tests of the console')
})

test('an absent real server is a failure when all are required', async () => {
  const dir = project(checks({}, report(12, 0)), 'with-runtime')
  const ended = await run(join(dir, 'bin', 'test.mjs'), [], { PATH: join(dir, 'nothing'), KORDON_REQUIRE_REAL: '1' })
  expect(ended.code).toBe(1)
  expect(ended.output).toContain('FAILED socat is not on this machine')
  expect(ended.output.trim().split('\n').at(-1)).toMatch(/^12 passed, [2-6] failed$/)
})

const TRY = 'import { ensureInstalled } from "./bin/installation.mjs"; console.log("fine:", await ensureInstalled())'

/** An npm that notes what it was asked for and installs nothing but its own note. */
const NPM = `
  const { appendFileSync, writeFileSync } = require('node:fs')
  appendFileSync('asked.txt', process.argv.slice(2, 3) + '\\n')
  writeFileSync('node_modules/.package-lock.json', '{}')`

test('a lock file that npm ci refuses is installed by npm install, and both failing is said', async () => {
  const npm = (install: number) => `
    require('node:fs').appendFileSync('asked.txt', process.argv[2] + '\\n')
    process.exit(process.argv[2] === 'ci' ? 1 : ${install})`
  const answers = []
  for (const install of [0, 3]) {
    const dir = project(
      { 'package-lock.json': '{}', 'npm.cjs': npm(install), 'asked.txt': '', 'try.mjs': TRY },
      'with-runtime',
    )
    const { output } = await run(join(dir, 'try.mjs'), [], { npm_execpath: join(dir, 'npm.cjs') })
    answers.push({ asked: readFileSync(join(dir, 'asked.txt'), 'utf8'), fine: /fine: (\w+)/.exec(output)?.[1] })
  }
  expect(answers).toEqual([
    { asked: 'ci\ninstall\n', fine: 'true' },
    { asked: 'ci\ninstall\n', fine: 'false' },
  ])
})

test.each([
  { name: 'nothing is installed yet', note: undefined, asked: 'ci\n' },
  { name: 'the lock file is newer than the installation', note: 1000, asked: 'ci\n' },
  { name: 'the installation is newer than the lock file', note: 3000, asked: '' },
])('npm ci is run when $name: "$asked"', async ({ note, asked }) => {
  const dir = project({ 'package-lock.json': '{}', 'npm.cjs': NPM, 'asked.txt': '', 'try.mjs': TRY }, 'with-runtime')
  utimesSync(join(dir, 'package-lock.json'), 2000, 2000)
  if (note !== undefined) {
    writeFileSync(join(dir, 'node_modules', '.package-lock.json'), '{}')
    utimesSync(join(dir, 'node_modules', '.package-lock.json'), note, note)
  }
  const ended = await run(join(dir, 'try.mjs'), [], { npm_execpath: join(dir, 'npm.cjs') })
  expect(ended.output).toContain('fine: true')
  expect(readFileSync(join(dir, 'asked.txt'), 'utf8')).toBe(asked)
})
