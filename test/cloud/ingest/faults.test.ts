import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeCompactBatch } from '#contract/compact-batch.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { minutes } from '#contract/instant.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import { runJournalLoop } from '../../../cloud/ingest/journal-loop.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { loadOf, namedGateways } from '../../bench/load-of.ts'
import { startLoad } from '../../support/load.ts'
import { frameOf } from '../../support/load-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { silentLog } from '../../support/silent-log.ts'
import { tallyJournals } from '../../support/stored-frames.ts'
import { batchOf, frameAt, GATEWAY, realClock, STREAM, tempDir } from './journal-support.ts'

const temp = tempDir()
const running: ChildProcess[] = []
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  temp.remove()
})

const houseOf = (clock = realClock) => {
  const journal = createJournalStore({ path: ':memory:', clock })
  const counts: Record<string, number> = {}
  const count = (what: string, by: number): void => {
    counts[what] = (counts[what] ?? 0) + by
  }
  const ingest = createIngestService({ journal, clock, log: silentLog, count, publish: async () => {} })
  return { journal, ingest, counts }
}
const seqsOf = (entries: readonly JournalEntry[]): readonly number[] => entries.map(({ seq }) => seq)

test('a history that is down for an hour is caught up with: each record once, in order, asked ever more rarely', async () => {
  const { journal, ingest } = houseOf()
  const clock = createManualClock()
  const stored: JournalEntry[] = []
  let state: 'up' | 'down' = 'down'
  let attempts = 0
  const projection = {
    name: 'history',
    apply: async (entries: readonly JournalEntry[]) => {
      attempts += 1
      if (state === 'down') throw new Error('connect ECONNREFUSED')
      stored.push(...entries)
    },
  }
  const stop = new AbortController()
  await ingest.accept(GATEWAY, batchOf(1, [frameAt(1)]))
  const loop = runJournalLoop({ journal, projection, clock, log: silentLog }, stop.signal)
  for (let minute = 1; minute <= 60; minute += 1) {
    await clock.advance(minutes(1))
    await ingest.accept(GATEWAY, batchOf(minute + 1, [frameAt(minute + 1)]))
  }
  expect({ stored, cursor: journal.cursor('history') }).toEqual({ stored: [], cursor: 0 })
  expect(attempts).toBeLessThan(140)
  state = 'up'
  await clock.advance(minutes(1))
  expect(seqsOf(stored)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1))
  expect(journal.cursor('history')).toBe(journal.head())
  stop.abort()
  await loop
  journal.close()
})

test('a wall clock stepped by hours loses, doubles and reorders nothing', async () => {
  const clock = createManualClock()
  const { journal, ingest } = houseOf(clock)
  for (const [index, step] of [0, 5 * 3_600_000, -9 * 3_600_000, 1].entries()) {
    clock.jumpWall(step)
    const taken = ingest.accept(GATEWAY, batchOf(2 * index + 1, [frameAt(1), frameAt(2)]))
    await clock.advance(100)
    await taken
    const again = ingest.accept(GATEWAY, batchOf(2 * index + 1, [frameAt(1), frameAt(2)]))
    await clock.advance(100)
    await again
  }
  expect(seqsOf(journal.read(0, 100))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(journal.streamsOf(GATEWAY, 1)).toEqual([{ stream: STREAM, through: 8 }])
  journal.close()
})

/** The kernel refuses every file of this process that would grow beyond so much, as a full disk does. */
async function startIngest(path: string, port: number, diskKb: number | 'unlimited'): Promise<void> {
  const program = fileURLToPath(new URL('./ingest-process.ts', import.meta.url))
  const child = spawn(
    'bash',
    ['-c', `ulimit -f ${diskKb}; exec "$0" "$@"`, process.execPath, program, path, String(port)],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  running.push(child)
  await once(child, 'message')
}

test('a full disk refuses what comes and lives on; with room again it goes on, and what it had acknowledged is there', async () => {
  const [path, port] = [temp.file('full.sqlite'), await freePort()]
  await startIngest(path, port, 2048)
  const load = await startLoad({ ...loadOf(namedGateways(3), port), window: 5 })
  let frames = 0
  let same = 0
  // Until it takes no more: the file has reached its end.
  while (same < 5) {
    await new Promise((done) => setTimeout(done, 100))
    const now = await load.frames()
    same = now === frames && now > 0 ? same + 1 : 0
    frames = now
  }
  const [full] = running
  expect(full?.exitCode).toBeNull()
  full?.kill('SIGKILL')
  if (full !== undefined) await once(full, 'exit')
  await startIngest(path, port, 'unlimited')
  while ((await load.frames()) < frames + 500) await new Promise((done) => setTimeout(done, 50))
  const report = await load.stop()
  expect(report.frames).toBeGreaterThan(frames)
  expect(tallyJournals([path], report.ledger)).toMatchObject({ lost: 0, duplicates: 0 })
}, 60_000)

const PACKETS = Number(process.env['FUZZ_PACKETS'] ?? 20_000)

describe('broken messages', () => {
  const plan = { from: 1_795_289_123_456, stepMs: 1000 }
  const seeds = [
    batchOf(1, [frameAt(1), frameAt(2)]),
    encodeCompactBatch(StreamId.parse(STREAM), Seq.parse(1), [frameOf(1, plan), frameOf(2, plan)]),
  ]
  // All of them: FUZZ_PACKETS=1000000 vitest run test/cloud/ingest/faults.test.ts
  test(`${PACKETS} of them: none is lost without a word, none stops the next`, async () => {
    const random = seededRandom(5, 'broken messages')
    const { journal, ingest, counts } = houseOf()
    const wild = (): Uint8Array => {
      const bytes = Uint8Array.from(seeds[Math.floor(random() * seeds.length)] ?? [])
      for (let times = Math.floor(random() * 4); times >= 0; times -= 1)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      return random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
    }
    let [acknowledged, refused] = [0, 0]
    for (let sent = 0; sent < PACKETS; ) {
      const together = Array.from({ length: Math.min(1000, PACKETS - sent) }, () =>
        ingest.accept(GATEWAY, wild()).then(
          () => (acknowledged += 1),
          () => (refused += 1),
        ),
      )
      sent += together.length
      await Promise.all(together)
    }
    expect(acknowledged + refused).toBe(PACKETS)
    const { entries, quarantine } = journal.counts()
    expect(entries).toBe(counts['records'])
    expect(quarantine).toBeGreaterThan(0)
    await ingest.accept(GATEWAY, batchOf(1, [frameAt(1)], '99999999-9999-4999-8999-999999999999'))
    expect(journal.counts().entries).toBe(entries + 1)
    journal.close()
  }, 600_000)
})
