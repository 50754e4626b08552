import { spawn } from 'node:child_process'
import { type Clock, millis } from '#contract/instant.ts'
import type { Log } from '../log.ts'

type Deps = {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
}

const PAUSES_MS = [100, 500, 1000, 2000, 5000, 10_000]
const SETTLED_MS = 60_000
const PATIENCE_MS = 5000

/**
 * Keeps the signer running as a child process until told to stop; one that died is started again, with growing pauses. It
 * is told to end by the closing of its stdin, since signals reach a whole group.
 */
export async function runSignerProcessLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { clock, log } = deps
  let deaths = 0
  while (!stop.aborted) {
    const startedAt = clock.steady()
    const ended = await runOnce(deps, stop)
    if (stop.aborted) return
    deaths = clock.steady() - startedAt > SETTLED_MS ? 1 : deaths + 1
    const pause = PAUSES_MS[Math.min(deaths, PAUSES_MS.length) - 1] ?? SETTLED_MS
    log.error({ ended, pauseMs: pause }, 'signer.ended')
    await clock.sleep(millis(pause), stop)
  }
}

async function runOnce({ program, args, env, clock }: Deps, stop: AbortSignal): Promise<string> {
  const child = spawn(program, [...args], { env: { ...env }, stdio: ['pipe', 'inherit', 'inherit'] })
  const gone = new AbortController()
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message))
    child.once('exit', (code, signal) => done(signal ?? `exit code ${code}`))
  }).finally(() => gone.abort())
  const end = (): void => {
    child.stdin?.end()
    void clock.sleep(millis(PATIENCE_MS), gone.signal).then(() => gone.signal.aborted || child.kill('SIGKILL'))
  }
  // A closed pipe is a child that died: `exit` says so too.
  child.stdin?.on('error', () => {})
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  const how = await ended
  stop.removeEventListener('abort', end)
  return how
}
