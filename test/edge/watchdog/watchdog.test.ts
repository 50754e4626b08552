import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seconds } from '#contract/instant.ts'
import { runHeartbeatLoop } from '../../../edge/watchdog/heartbeat-loop.ts'
import { createSystemdNotify } from '../../../edge/watchdog/systemd-notify-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'kordon-watchdog-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('systemd hears ready once, three signs of life within its limit, and of the end', async () => {
  const clock = createManualClock()
  const said: string[] = []
  const stop = new AbortController()
  const notify = async (state: string): Promise<void> => void said.push(state)
  const running = runHeartbeatLoop({ notify, limit: seconds(60), clock, log: silentLog }, stop.signal)
  await clock.advance(0)
  await clock.advance(59_000)
  expect(said).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1'])
  stop.abort()
  await running
  expect(said.at(-1)).toBe('STOPPING=1')
})

test('each word is one call of systemd-notify', async () => {
  const program = join(folder, 'systemd-notify')
  const heard = join(folder, 'heard')
  writeFileSync(program, `#!/bin/sh\necho "$1" >> ${heard}\n`)
  chmodSync(program, 0o755)
  await createSystemdNotify(program)('WATCHDOG=1')
  expect(readFileSync(heard, 'utf8')).toBe('WATCHDOG=1\n')
})

/** A process that beats for a second, and then turns in a circle. */
async function lifeOf(hang: 'hangs' | 'lives'): Promise<{ signal: NodeJS.Signals | null; code: number | null }> {
  const script = join(folder, `${hang}.mjs`)
  const thread = new URL('../../../edge/watchdog/thread-client.ts', import.meta.url).href
  writeFileSync(
    script,
    `import { startWatchThread } from '${thread}'
     const watch = startWatchThread(1000)
     const beating = setInterval(watch.beat, 100)
     setTimeout(() => { if ('${hang}' === 'hangs') for (;;); clearInterval(beating); watch.stop() }, 2500)`,
  )
  const child = spawn(process.execPath, [script], { stdio: 'inherit' })
  const [code, signal] = await once(child, 'exit')
  return { code, signal }
}

test('without systemd, a hung event loop ends the process, so that whoever supervises it starts it anew', async () => {
  expect(await lifeOf('hangs')).toEqual({ code: null, signal: 'SIGKILL' })
})

test('while it beats, nothing happens to it', async () => {
  expect(await lifeOf('lives')).toEqual({ code: 0, signal: null })
})
