import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { type Clock, epochMs, later, millis } from '#contract/instant.ts'
import { createCloud } from './app.ts'
import { configHelp, readConfig } from './config.ts'
import { runSignerProcessLoop } from './signer/signer-process-loop.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const EPOCH = epochMs(0)
const clock: Clock = {
  now: () => later(EPOCH, Date.now()),
  steady: () => millis(performance.now()),
  sleep: (length, signal) => sleep(length, undefined, { signal }).catch(() => {}),
}

/** The launcher and people read these lines; everything else on stdout is JSON. */
const say = (line: string): void => console.log(line)

if (process.argv.includes('--help')) {
  say(configHelp())
  process.exit(0)
}
const read = readConfig(process.env)
if (!read.ok) {
  console.error(read.message)
  process.exit(2)
}
const dataDir = resolve(read.config.dataDir)

/** A Unix socket's path holds about a hundred bytes: from a deep folder the relative one is taken. */
function socketPath(): string {
  const path = join(dataDir, 'signer', 'signer.sock')
  const short = relative(process.cwd(), path)
  const shorter = short.length < path.length ? short : path
  if (Buffer.byteLength(shorter) < 100) return shorter
  console.error(`${path} is too long for a socket: choose a shorter KORDON_DATA_DIR, or run the signer by itself`)
  return process.exit(2)
}
const signer =
  read.config.signer.runs === 'child' ? { runs: 'child' as const, socketPath: socketPath() } : read.config.signer
const config = { ...read.config, dataDir, signer }
const log = pino({ level: config.logLevel, base: { service: 'cloud' } })
const world = { clock, log, uuid: () => randomUUID(), randomBytes: (length: number) => randomBytes(length) }

const DRAIN_LIMIT_MS = 12_000
const stop = new AbortController()
// Every loop listens to it; more than ten listeners are no leak here.
setMaxListeners(0, stop.signal)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stop.signal.aborted) return
    log.info({ signal }, 'cloud.stopping')
    stop.abort()
    setTimeout(() => {
      log.error({ limitMs: DRAIN_LIMIT_MS }, 'cloud.drain-took-too-long')
      process.exit(1)
    }, DRAIN_LIMIT_MS).unref()
  })

/** The signer ends after everything that may ask it, and by its closed pipe should we be killed. */
const signerStop = new AbortController()
const signing =
  config.signer.runs === 'child'
    ? runSignerProcessLoop(
        {
          program: process.execPath,
          args: [fileURLToPath(new URL('./signer/main.ts', import.meta.url)), '--child'],
          env: { ...process.env, KORDON_DATA_DIR: dataDir, KORDON_SIGNER_SOCKET: config.signer.socketPath },
          clock,
          log,
        },
        signerStop.signal,
      )
    : Promise.resolve()

try {
  const cloud = await createCloud(config, world, String(version))
  await cloud.open()
  const { url, mqtt, setupToken } = await cloud.start()
  const running = cloud.run(stop.signal)
  log.info({ url, mqtt, version, mode: config.mode }, 'cloud.ready')
  // In the fragment, so that the secret stands in no server's log.
  if (setupToken !== undefined) say(`kordon.setup ${url}/setup#${setupToken}`)
  say(`kordon.ready ${url}`)
  await running
  await cloud.close()
  signerStop.abort()
  await signing
  log.info({}, 'cloud.stopped')
  process.exit(0)
} catch (err) {
  log.fatal({ err }, 'cloud.failed')
  console.error(err instanceof Error ? `The cloud could not go on: ${err.message}` : err)
  process.exit(1)
}
