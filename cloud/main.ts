import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { createCloud } from './app.ts'
import { configHelp, readConfig } from './config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const clock: Clock = {
  now: () => epochMs(Date.now()),
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
const config = { ...read.config, dataDir: resolve(read.config.dataDir) }
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
  log.info({}, 'cloud.stopped')
  process.exit(0)
} catch (err) {
  log.fatal({ err }, 'cloud.failed')
  console.error(err instanceof Error ? `The cloud could not go on: ${err.message}` : err)
  process.exit(1)
}
