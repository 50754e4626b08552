import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOutboxLedger } from '../support/outbox-ledger.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { until } from '../support/until.ts'

const KILLS = 10

/** The demo fleet in a process of its own, so that it can be killed: twelve gateways at once. */
function startFleetProcess(cloudUrl: string, dataDir: string): ChildProcess {
  return spawn(process.execPath, ['demo/main.ts'], {
    stdio: 'ignore',
    env: { ...process.env, KORDON_CLOUD_URL: cloudUrl, KORDON_DATA_DIR: dataDir, KORDON_DEMO_SPEED: '4' },
  })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

let cloud: RunningCloud
let fleetProcess: ChildProcess
let dataDir: string
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'kordon-kill-'))
  cloud = await startCloud()
  fleetProcess = startFleetProcess(cloud.url, dataDir)
  const api = await cloud.as('owner')
  await until(
    'twelve cars are on the map',
    async () => {
      const { body } = await api.get('/api/vehicles?limit=100')
      return body.items.filter((item: { lastKnown: unknown }) => item.lastKnown !== null).length === 12
    },
    { withinMs: 120_000, everyMs: 500 },
  )
}, 200_000)
afterAll(async () => {
  await end(fleetProcess, 'SIGTERM')
  await cloud?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

test(`cloud and gateways, killed ${KILLS} times each: every accepted record is stored exactly once`, async () => {
  const fleetDir = join(dataDir, 'fleet')
  const ledger = createOutboxLedger()
  const random = seededRandom(2026, 'kills')
  for (let round = 0; round < KILLS; round += 1) {
    await pause(500 + 2500 * random())
    await cloud.killAndRestart()
    await pause(500 + 2500 * random())
    await end(fleetProcess, 'SIGKILL')
    ledger.note(fleetDir)
    fleetProcess = startFleetProcess(cloud.url, dataDir)
  }
  await pause(5000)
  await end(fleetProcess, 'SIGTERM')
  ledger.note(fleetDir)
  fleetProcess = startFleetProcess(cloud.url, dataDir)
  await pause(20_000)
  await end(fleetProcess, 'SIGTERM')
  ledger.note(fleetDir)
  await pause(2000)
  await cloud.kill()

  const journal = new DatabaseSync(join(cloud.dataDir, 'journal.sqlite'), { readOnly: true })
  const stored = new Map<string, { readonly record: string; times: number }>()
  for (const row of journal.prepare('SELECT stream, seq, record FROM records').all()) {
    const key = `${row['stream']}/${row['seq']}`
    const known = stored.get(key)
    if (known === undefined) stored.set(key, { record: String(row['record']), times: 1 })
    else known.times += 1
  }
  journal.close()
  await cloud.restart()

  // What a gateway still holds when it is stopped for good may be stored or not: it has not been receipted.
  const atTheEnd = createOutboxLedger()
  atTheEnd.note(fleetDir)
  const lost = [...ledger.accepted.keys()].filter((key) => !stored.has(key) && !atTheEnd.accepted.has(key))
  const changed = [...ledger.accepted].filter(([key, body]) => {
    const found = stored.get(key)
    if (found === undefined) return false
    return whatWasSeen(body) !== whatWasSeen(found.record)
  })
  const doubled = [...stored].filter(([, { times }]) => times > 1)
  console.log(`${stored.size} records stored, ${ledger.accepted.size} seen in outboxes at ${KILLS + 2} stops`)
  expect({ lost, changed, doubled }).toEqual({ lost: [], changed: [], doubled: [] })
  expect(ledger.accepted.size).toBeGreaterThan(100)
  expect(holes(stored.keys())).toEqual([])
}, 400_000)

/** A record without its time: what was made before the first word about the time is dated when that comes. */
function whatWasSeen(record: string): string {
  const { readAt: _readAt, at: _at, timeQuality: _timeQuality, backfill: _backfill, ...seen } = JSON.parse(record)
  return JSON.stringify(Object.entries(seen).sort())
}

/** Numbers missing within a stream: a record that was accepted between two of our looks, and lost. */
function holes(keys: Iterable<string>): string[] {
  const streams = new Map<string, number[]>()
  for (const key of keys) {
    const [stream = '', seq] = key.split('/')
    streams.set(stream, [...(streams.get(stream) ?? []), Number(seq)])
  }
  return [...streams].flatMap(([stream, seqs]) => {
    const present = new Set(seqs)
    return Array.from({ length: Math.max(...seqs) }, (_, index) => index + 1)
      .filter((seq) => !present.has(seq))
      .map((seq) => `${stream}/${seq}`)
  })
}
