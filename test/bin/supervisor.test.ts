import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SUPERVISOR = new URL('../../bin/supervisor.mjs', import.meta.url).href

let dir = ''
const started: ChildProcess[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-supervisor-'))
})
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

/** A launcher as bin/start.mjs is one, with one small child; answers everything it has said. */
function launch(childSource: string, tries = 3) {
  const childFile = join(dir, 'child.mjs')
  writeFileSync(childFile, childSource)
  const source = `
    import { createSupervisor } from '${SUPERVISOR}'
    const supervisor = createSupervisor({ say: (text) => console.log('SAY ' + text), logFolder: '${dir}/logs', tries: ${tries}, pausesMs: [20, 40], patienceMs: 400 })
    supervisor.start({ name: 'child', program: process.execPath, args: ['${childFile}'], env: process.env,
      alive: (line) => line.startsWith('ready'), onLine: (line) => console.log('LINE ' + line) })
    supervisor.gaveUp.then((name) => { console.log('GAVE UP ' + name); process.exit(1) })
    process.on('SIGINT', async () => { await supervisor.stop(); console.log('STOPPED'); process.exit(0) })`
  const launcher = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(launcher)
  let said = ''
  launcher.stdout.on('data', (text: Buffer) => {
    said += text.toString()
  })
  return {
    launcher,
    said: () => said,
    says: (text: string | RegExp) =>
      until(
        () => said.match(text) !== null,
        () => said,
      ),
  }
}

async function until(holds: () => boolean, story: () => string): Promise<void> {
  const giveUpAt = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`not seen in 10 s; so far: ${story()}`)
    await pause(10)
  }
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const pidSaid = (text: string): number => Number(/ready (\d+)/.exec(text)?.[1])

test('Ctrl-C stops the child and waits until it has finished its work', async () => {
  const run = launch(`
    process.on('SIGTERM', () => setTimeout(() => { console.log('flushed'); process.exit(0) }, 50))
    console.log('ready ' + process.pid); setInterval(() => {}, 1000)`)
  await run.says(/LINE ready/)
  const pid = pidSaid(run.said())
  run.launcher.kill('SIGINT')
  const [code] = await once(run.launcher, 'exit')
  expect({ code, running: isRunning(pid) }).toEqual({ code: 0, running: false })
  await run.says('STOPPED')
  expect(run.said()).toContain('LINE flushed')
  expect(readFileSync(join(dir, 'logs', 'child.log'), 'utf8')).toContain('flushed')
})

test('a child that ignores the request to stop is ended, and that is said', async () => {
  const run = launch(
    `process.on('SIGTERM', () => {}); console.log('ready ' + process.pid); setInterval(() => {}, 1000)`,
  )
  await run.says(/LINE ready/)
  const pid = pidSaid(run.said())
  run.launcher.kill('SIGINT')
  await once(run.launcher, 'exit')
  expect(isRunning(pid)).toBe(false)
  expect(run.said()).toContain('SAY child does not stop; ending it.')
})

test('a child killed with -9 is said and started again', async () => {
  const run = launch(`console.log('ready ' + process.pid); setInterval(() => {}, 1000)`)
  await run.says(/LINE ready/)
  const first = pidSaid(run.said())
  process.kill(first, 'SIGKILL')
  await until(() => (run.said().match(/LINE ready/g) ?? []).length === 2, run.said)
  expect(run.said()).toMatch(/SAY child ended unexpectedly \(SIGKILL\); starting it again in 0.02 s/)
  run.launcher.kill('SIGINT')
  await once(run.launcher, 'exit')
})

test.skipIf(!existsSync('/dev/full'))('a full disk ends nobody, and with room again the log goes on', async () => {
  const log = join(dir, 'logs', 'child.log')
  mkdirSync(join(dir, 'logs'))
  symlinkSync('/dev/full', log)
  const run = launch(`let n = 0; setInterval(() => console.log('ready ' + n++), 20)`)
  await run.says(/LINE ready 20\n/)
  rmSync(log)
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('ready'), run.said)
  run.launcher.kill('SIGINT')
  const [code] = await once(run.launcher, 'exit')
  expect(code).toBe(0)
})

test('a child that once lived is started again for ever', async () => {
  const mark = join(dir, 'lives')
  const run = launch(`
    import { appendFileSync, readFileSync } from 'node:fs'
    appendFileSync('${mark}', 'x')
    console.log('ready ' + process.pid)
    if (readFileSync('${mark}', 'utf8').length < 6) process.exit(3)
    setInterval(() => {}, 1000)`)
  await until(() => existsSync(mark) && readFileSync(mark, 'utf8').length === 6, run.said)
  expect(run.said()).not.toContain('GAVE UP')
  run.launcher.kill('SIGINT')
  await once(run.launcher, 'exit')
})

test('a child that never came to life is given up with its last words', async () => {
  const run = launch(`console.error('KORDON_HTTP_PORT: not a number'); process.exit(2)`)
  const [code] = await once(run.launcher, 'exit')
  expect(code).toBe(1)
  expect(run.said()).toContain('SAY child did not start (exit code 2)')
  expect(run.said()).toContain('SAY   KORDON_HTTP_PORT: not a number')
  expect(run.said()).toContain('GAVE UP child')
  expect((run.said().match(/starting it again/g) ?? []).length).toBe(2)
})
