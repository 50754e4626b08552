import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startLoad } from '../support/load.ts'
import type { LoadReport } from '../support/load-plan.ts'
import { freePort } from '../support/real-servers-process.ts'
import { type Tally, tallyJournals } from '../support/stored-frames.ts'
import { type Bench, type BenchResult, interleaved } from './bench.ts'
import { startForked } from './forked.ts'
import { loadOf, namedGateways } from './load-of.ts'
import { type Spread, spread, table } from './table.ts'

const GATEWAYS = 100
const PAIRS = 5
const BUSY = 0.85
/** Frames of one compact message. */
const BATCH = 60

const FRONTS = {
  /** Broker, access list, dedupe, journal and receipts as they ship; nothing behind the journal. */
  own: '../cloud/ingest/ingest-process.ts',
  aedes: './bare-aedes.ts',
  hand: './bare-front.ts',
} as const

type Round = {
  readonly rate: number
  readonly report: LoadReport
  readonly tally: Tally
  readonly cpu: number
  readonly rss: number
}

/** A fresh process and file each time; frames in its journal by query, or acknowledged where nothing is stored. */
async function round(front: keyof typeof FRONTS, per: number, ms: number): Promise<Round> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-front-'))
  const path = join(dir, 'journal.sqlite')
  const port = await freePort()
  const running = await startForked(FRONTS[front], [path, String(port)])
  try {
    const plan = loadOf(namedGateways(GATEWAYS), port)
    const protocol = front === 'own' ? 'own' : 'bare'
    const load = await startLoad({ ...plan, framesPerMessage: per, protocol })
    await pause(ms)
    const report = await load.stop()
    const [cpu, rss] = [running.cpuSeconds(), running.rssMb()]
    const nothing = { stored: report.frames, lost: 0, duplicates: 0 }
    const tally = front === 'aedes' ? nothing : tallyJournals([path], report.ledger)
    return { rate: tally.stored / report.seconds, report, tally, cpu, rss }
  } finally {
    await running.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

type Side = { readonly what: string; readonly front: keyof typeof FRONTS; readonly per: number }

/** One benchmark of two fronts under one load. */
function bench(name: string, about: string, own: Side, peer: Side, goal: string): Bench {
  return {
    name,
    about,
    run: async ({ full, print }): Promise<BenchResult> => {
      const ms = full ? 8000 : 4000
      const rounds: { readonly own: Round[]; readonly peer: Round[] } = { own: [], peer: [] }
      const side = (of: Side, kept: Round[]) => async () => {
        const done = await round(of.front, of.per, ms)
        kept.push(done)
        return done.rate
      }
      const pairs = await interleaved(PAIRS, side(own, rounds.own), side(peer, rounds.peer))
      const lost = rounds.own.reduce((sum, { tally }) => sum + tally.lost, 0)
      const doubled = rounds.own.reduce((sum, { tally }) => sum + tally.duplicates, 0)
      const busy = Math.max(...rounds.own.map(({ report }) => report.cpuShare))
      const row = (what: string, value: Spread): (string | number)[] => [what, value.median, value.min, value.max]
      const perMillion = ({ cpu, report }: Round): number => (cpu / report.frames) * 1e6
      print(
        table([
          ['what', 'median', 'min', 'max'],
          row(`${own.what}, frames/s`, pairs.own),
          row(`${peer.what}, frames/s`, pairs.peer),
          row(`own ÷ peer, per pair (goal ${goal})`, pairs.ratio),
          row('own, acknowledgement p50 ms', spread(rounds.own.map(({ report }) => report.ackP50Ms))),
          row('own, acknowledgement p99 ms', spread(rounds.own.map(({ report }) => report.ackP99Ms))),
          row('own, CPU s per million frames', spread(rounds.own.map(perMillion))),
          row('peer, CPU s per million frames', spread(rounds.peer.map(perMillion))),
          row('own, RSS MB', spread(rounds.own.map(({ rss }) => rss))),
          ['own, acknowledged and not in the journal; doubled', lost, doubled, ''],
          ['peer, acknowledged and not stored', rounds.peer.reduce((sum, { tally }) => sum + tally.lost, 0), '', ''],
          ['generator, share of a core', busy, '', ''],
        ]),
      )
      return {
        unit: 'frames/s',
        pairs: PAIRS,
        ...pairs,
        stored: rounds.own.reduce((sum, { tally }) => sum + tally.stored, 0),
        lost,
        duplicates: doubled,
        void: lost + doubled > 0 ? 'lost or doubled' : busy > BUSY ? 'the generator was the limit' : null,
      }
    },
  }
}

const singles: Side = { what: 'broker, access list, dedupe, journal, receipts: JSON singles', front: 'own', per: 1 }

/** B2. */
export const overhead = bench(
  'overhead',
  'B2: acknowledged and in the journal, against the bare broker library, which stores nothing',
  singles,
  { what: 'bare aedes, acknowledged and thrown away', front: 'aedes', per: 1 },
  '0.25',
)

/** B3. */
export const ceiling = bench(
  'ceiling',
  'B3: the same, against a front written by hand with JSON.parse and SQLite',
  singles,
  { what: 'hand-written front + JSON.parse + SQLite FULL', front: 'hand', per: 1 },
  '0.4',
)

/** B5. */
export const batch = bench(
  'batch',
  'B5: compact batches of 60, decoded and validated on arrival, against JSON singles',
  { what: `the same, compact batches of ${BATCH}`, front: 'own', per: BATCH },
  singles,
  '500,000 frames/s',
)
