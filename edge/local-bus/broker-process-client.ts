import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { FromBroker, ToBroker } from './broker-process.ts'

/** A started process that runs the broker. */
export type BrokerProcess = { readonly pid: number | undefined; tell(message: ToBroker): void; kill(): void }
/** Told what the process says; `ended` comes exactly once. */
export type BrokerListener = { said(message: FromBroker): void; ended(why: string): void }
export type StartBroker = (listener: BrokerListener) => BrokerProcess

const Said = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('listening'), port: z.int() }),
  z.strictObject({ kind: z.literal('pong') }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(['info', 'warn', 'error']),
    fields: z.record(z.string(), z.unknown()),
    event: z.string(),
  }),
])

/** A small process: units are a handful, and their messages short. */
const NODE_OPTIONS = [
  ...['--max-old-space-size=64', '--max-semi-space-size=1', '--v8-pool-size=1'],
  // As the gateway itself: compiled code would cost more memory than it saves time.
  ...['--no-opt', '--no-maglev', '--optimize-for-size'],
]
const LAST_WORDS = 2000

/** The broker as a child process with a bounded heap and next to no environment, so that it knows no secret of ours. */
export const startBrokerProcess: StartBroker = (listener) => {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    execArgv: NODE_OPTIONS,
    env: { MALLOC_ARENA_MAX: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let lastWords = ''
  let hasEnded = false
  const end = (why: string): void => {
    if (hasEnded) return
    hasEnded = true
    listener.ended(lastWords.trim() === '' ? why : `${why}: ${lastWords.trim()}`)
  }
  child.stderr?.on('data', (bytes: Uint8Array) => {
    lastWords = (lastWords + Buffer.from(bytes).toString('utf8')).slice(-LAST_WORDS)
  })
  child.on('message', (said: unknown) => {
    const message = Said.safeParse(said)
    if (message.success) listener.said(message.data)
  })
  child.once('error', (cause) => end(cause.message))
  child.once('close', (code, signal) => end(signal === null ? `exit code ${code}` : signal))
  return {
    pid: child.pid,
    // A process that has just died is told of by `ended`; its closed channel is no news.
    tell: (message) => void (child.connected && child.send(message, () => undefined)),
    kill: () => void child.kill('SIGKILL'),
  }
}
