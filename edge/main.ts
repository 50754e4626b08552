import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import type { Installation } from '#contract/installation.ts'
import { type Clock, epochMs, millis, seconds } from '#contract/instant.ts'
import { createGateway, type GatewayConfig, type GatewayWorld } from './app.ts'
import { type EdgeConfig, HELP, parseConfig } from './config.ts'
import { loadInstallation } from './installation-store.ts'
import type { Log } from './log.ts'
import { loadSetUp } from './set-up-store.ts'
import { runHeartbeatLoop } from './watchdog/heartbeat-loop.ts'
import { createSystemdNotify } from './watchdog/systemd-notify-client.ts'
import { startWatchThread } from './watchdog/thread-client.ts'

const SOFTWARE = '0.1.0'
/** systemd-timesyncd touches this file once the clock has been set from the network. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}

const clock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: async (length, stop) => {
    if (stop.aborted) return
    // Ended early by the signal, which is no error here.
    await wait(length, undefined, { signal: stop }).catch(() => undefined)
  },
}

function gatewayConfig(config: EdgeConfig): GatewayConfig {
  const { KORDON_EDGE_CA: ca } = config
  const readInstallation = (): Installation =>
    loadInstallation(config.KORDON_EDGE_INSTALLATION ?? join(config.KORDON_EDGE_DIR, 'installation.yaml'))
  return {
    // What the environment says goes before the technician's file.
    ...loadSetUp(config.KORDON_EDGE_DIR),
    dir: config.KORDON_EDGE_DIR,
    profilesDir: config.KORDON_EDGE_PROFILES ?? fileURLToPath(new URL('../device-profiles', import.meta.url)),
    installation: readInstallation(),
    readInstallation,
    ...(config.KORDON_EDGE_CONTROL === 'off' ? {} : { controlSocket: join(config.KORDON_EDGE_DIR, 'control.sock') }),
    transport: config.KORDON_EDGE_TRANSPORT,
    brokerVersion: config.KORDON_EDGE_BROKER_VERSION === '5' ? 5 : 4,
    software: SOFTWARE,
    encoding: config.KORDON_EDGE_ENCODING,
    sendEveryMs: config.KORDON_EDGE_SEND_EVERY * 1000,
    framesBytes: config.KORDON_EDGE_FRAMES_MB * 1024 * 1024,
    allowRunningCircuitCut: config.KORDON_EDGE_ALLOW_RUNNING_CIRCUIT_CUT === 'yes',
    ...(config.KORDON_EDGE_LOCAL_PORT === 0
      ? {}
      : { localPage: { host: config.KORDON_EDGE_LOCAL_HOST, port: config.KORDON_EDGE_LOCAL_PORT } }),
    ...(config.KORDON_EDGE_CLOUD_URL === undefined ? {} : { cloudUrl: config.KORDON_EDGE_CLOUD_URL }),
    ...(config.KORDON_EDGE_CLAIM_CODE === undefined ? {} : { claimCode: config.KORDON_EDGE_CLAIM_CODE }),
    ...(config.KORDON_EDGE_BROKER_URL === undefined ? {} : { brokerUrl: config.KORDON_EDGE_BROKER_URL }),
    ...(ca === undefined ? {} : { caPem: readFileSync(ca, 'utf8') }),
  }
}

function timeQuality(config: EdgeConfig): NonNullable<GatewayWorld['timeQuality']> {
  const { KORDON_EDGE_CLOCK: told } = config
  return () => (told !== 'auto' ? told : existsSync(SYNCHRONISED) ? 'ntp' : 'estimated')
}

/** systemd's own watchdog where it asks for signs of life, a thread of ours where it is told to watch. */
async function runWatchdogs({ KORDON_EDGE_WATCHDOG_S: limitS }: EdgeConfig, log: Log): Promise<void> {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds } = process.env
  const thread = limitS === 0 ? undefined : startWatchThread(seconds(limitS))
  const beating = thread && setInterval(thread.beat, Math.min(1000, (limitS * 1000) / 4))
  if (socket !== undefined) {
    const limit = microseconds === undefined ? undefined : millis(Number(microseconds) / 1000)
    await runHeartbeatLoop({ notify: createSystemdNotify(), limit, clock, log }, stopping.signal)
  }
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  clearInterval(beating)
  await thread?.stop()
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

try {
  const config = parseConfig(process.env)
  const log = pino({ level: config.KORDON_LOG_LEVEL })
  const world: GatewayWorld = {
    clock,
    log,
    uuid: randomUUID,
    randomBytes: (length) => randomBytes(length),
    timeQuality: timeQuality(config),
    memoryBytes: () => process.memoryUsage.rss(),
  }
  const gateway = createGateway(gatewayConfig(config), world)
  await Promise.all([gateway.run(stopping.signal).finally(() => stopping.abort()), runWatchdogs(config, log)])
  log.info({}, 'gateway.stopped')
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause)
  process.exitCode = 1
}
