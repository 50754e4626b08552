import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A real server on loopback, in a process of its own. */
export type RealServer = {
  readonly url: string
  readonly port: number
  /** Its temporary folder; removed by `stop`. */
  readonly dir: string
  /** Ends it as an operator would, and removes its folder. May be called twice. */
  stop(): Promise<void>
  /** `kill -9`. Data and port stay, for `restart`. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; resolves when it answers. */
  restart(): Promise<void>
  /** What it has printed so far. */
  output(): string
  /** Of the process that runs now. */
  pid(): number
}

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  /** Runs as this user, when we are root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Rejects or answers false until the server serves. */
  readonly answers: () => Promise<boolean>
  readonly stopSignal?: NodeJS.Signals
}

export type Running = { end(signal: NodeJS.Signals): Promise<void>; output(): string; pid(): number }

const START_LIMIT_MS = 30_000
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts the program and resolves when it answers; an early exit or 30 s of silence reject with its last output. */
export async function run(command: Command): Promise<Running> {
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...command.user })
  let output = ''
  const keep = (text: Buffer) => {
    output = (output + text.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let failure: string | undefined
  child.once('error', (error) => {
    failure = error.message
  })
  children.add(child)
  const ended = once(child, 'exit').then(
    () => children.delete(child),
    () => children.delete(child),
  )
  const giveUpAt = performance.now() + START_LIMIT_MS
  while (!(await command.answers().catch(() => false))) {
    if (child.exitCode !== null || child.signalCode !== null) failure ??= `exited with ${child.exitCode}`
    if (performance.now() > giveUpAt) failure ??= `did not answer in ${START_LIMIT_MS / 1000} s`
    if (failure !== undefined) {
      child.kill('SIGKILL')
      throw new Error(`${command.program} ${failure}\n${output}`)
    }
    await pause(50)
  }
  return {
    output: () => output,
    pid: () => child.pid ?? 0,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const patience = pause(10_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
      await Promise.race([ended, patience])
      await ended
    },
  }
}

/** Below those that outgoing connections are given: whatever is killed and started again finds its port still free. */
const PORTS = { from: 10_000, before: 32_000 }

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.before)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Does HTTP answer there, with a status below 500? */
export async function httpAnswers(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(1000) })
  await answer.arrayBuffer()
  return answer.status < 500
}

/** The system user of that name, if we are root and it exists. */
export function systemUser(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (kind: string) => Number(execFileSync('id', [kind, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: idOf('-u'), gid: idOf('-g') }
  } catch {
    return undefined
  }
}
