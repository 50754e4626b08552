import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CLOUD_FLAGS } from '../../bin/installation.mjs'
import { seedPglite } from './pglite-template.ts'
import { freePort } from './real-servers-process.ts'
import { createRestClient, type RestClient } from './rest-client.ts'

const READY = /kordon\.ready (http:\/\/\S+)/
const START_LIMIT_MS = 60_000

/** The real cloud in a process of its own, on free ports and a temporary data folder. */
export type RunningCloud = {
  readonly url: string
  readonly dataDir: string
  readonly mqttPort: number
  readonly mqttsPort: number
  /** Signed in as a demo account. */
  as(account: string): Promise<RestClient>
  /** `kill -9`, then a start on the same ports and data. */
  killAndRestart(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
  output(): string
  /** Of the process that runs now; 0 when none does. */
  pid(): number
}

/** Starts `cloud/main.ts` in demo mode (accounts only, no fleet). `env` overrides what it is given. */
export async function startCloud(env: Readonly<Record<string, string>> = {}): Promise<RunningCloud> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-cloud-'))
  if (env['DATABASE_URL'] === undefined) await seedPglite(dataDir, 'migrated')
  const [httpPort, mqttPort, mqttsPort] = [await freePort(), await freePort(), await freePort()]
  const url = `http://127.0.0.1:${httpPort}`
  let output = ''
  let child: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [...CLOUD_FLAGS, 'cloud/main.ts'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        KORDON_DEMO: '1',
        KORDON_HTTP_PORT: String(httpPort),
        KORDON_MQTT_PORT: String(mqttPort),
        KORDON_MQTTS_PORT: String(mqttsPort),
        KORDON_DATA_DIR: dataDir,
        ...env,
      },
    })
    child = started
    const from = output.length
    const keep = (text: Buffer): void => {
      output += text.toString()
    }
    started.stdout.on('data', keep)
    started.stderr.on('data', keep)
    const giveUpAt = performance.now() + START_LIMIT_MS
    while (!READY.test(output.slice(from))) {
      if (started.exitCode !== null || performance.now() > giveUpAt) {
        started.kill('SIGKILL')
        throw new Error(`the cloud did not start\n${output.slice(-8000)}`)
      }
      await pause(20)
    }
  }

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    const patience = setTimeout(() => ending.kill('SIGKILL'), 15_000)
    await gone
    clearTimeout(patience)
  }

  await start()
  return {
    url,
    dataDir,
    mqttPort,
    mqttsPort,
    as: (account) => createRestClient(url, account, `demo-${account}`),
    kill: () => end('SIGKILL'),
    restart: start,
    killAndRestart: async () => {
      await end('SIGKILL')
      await start()
    },
    stop: async () => {
      await end('SIGTERM')
      rmSync(dataDir, { recursive: true, force: true })
    },
    output: () => output,
    pid: () => child?.pid ?? 0,
  }
}
