import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { FRAMES_TO_LEAVE } from '../support/border-drive.ts'
import { startLoad } from '../support/load.ts'
import type { LoadGateway, LoadReport } from '../support/load-plan.ts'
import { findReal, startInflux, startMosquitto } from '../support/real-servers.ts'
import { type Tally, tallyInflux, tallyJournals } from '../support/stored-frames.ts'
import { until } from '../support/until.ts'
import { type Bench, type BenchResult, interleaved } from './bench.ts'
import { startForked } from './forked.ts'
import { liveLoadOf, namedGateways } from './load-of.ts'
import { type OwnCloud, startOwnCloud, type Verdicts } from './own-cloud.ts'
import { type Spread, spread, table } from './table.ts'

const GATEWAYS = 100
const PAIRS = 5
const WARM_UP_MS = 2000
const GOAL = 30_000
/** Of a core; a generator that has no more time measures itself. */
const BUSY = 0.85
const VERDICTS_WITHIN_MS = 60_000

type Round = { readonly rate: number; readonly report: LoadReport; readonly tally: Tally }
type OwnRound = Round & { readonly journal: Tally; readonly cpu: Readonly<Record<Part, number>> }
type Part = 'cloud' | 'influxdb' | 'postgresql'

/** Frames found in InfluxDB ÷ time from the first publish to the last commit. */
async function ownRound(own: OwnCloud, fleet: readonly LoadGateway[], ms: number): Promise<OwnRound> {
  const load = await startLoad(liveLoadOf(fleet, own.port))
  const before = own.cpuSeconds()
  const began = performance.now()
  await pause(ms)
  const report = await load.stop()
  await own.drained()
  const seconds = (performance.now() - began) / 1000
  const after = own.cpuSeconds()
  const cpu = {
    cloud: after.cloud - before.cloud,
    influxdb: after.influxdb - before.influxdb,
    postgresql: after.postgresql - before.postgresql,
  }
  const tally = await tallyInflux(own.influx.url, report.ledger)
  return { rate: tally.stored / seconds, report, tally, cpu, journal: tallyJournals([own.journal], report.ledger) }
}

/** Of the cars that were driven: those that went far enough to have left, against what zones and rules made of it. */
async function judged(own: OwnCloud, fleet: readonly LoadGateway[], rounds: readonly Round[]) {
  const ledger = rounds.flatMap(({ report }) => report.ledger)
  const far = new Set(ledger.flatMap(({ gateway, through }) => (through >= FRAMES_TO_LEAVE ? gateway : [])))
  const driven = new Set(ledger.map(({ gateway }) => gateway))
  const left = fleet.filter(({ id, drive }) => drive !== undefined && far.has(id))
  const stayed = fleet.filter(({ id, drive }) => drive === undefined && driven.has(id))
  let seen: Verdicts = await own.verdicts(left)
  const all = ({ crossings, decisions, holds }: Verdicts) => Math.min(crossings, decisions, holds)
  const patience = performance.now() + VERDICTS_WITHIN_MS
  while (all(seen) < left.length && performance.now() < patience) {
    await pause(500)
    seen = await own.verdicts(left)
  }
  const wrongly = await own.verdicts(stayed)
  const isWhole = left.length > 0 && all(seen) === left.length
  const isClean = wrongly.crossings + wrongly.holds === 0
  return { left: left.length, stayed: stayed.length, seen, wrongly, isWhole: isWhole && isClean }
}

type Peer = Awaited<ReturnType<typeof startPeer>>

const Written = z.object({ written: z.number(), at: z.number() })
/** Consumers that write nothing for so long have nothing more to write. */
const SILENT_MS = 2000

type Line = { readonly own: OwnCloud; readonly tls: boolean }

/** Mosquitto, tuned as its documentation says, and consumers that share the records. By TLS it has the cloud's own certificate. */
async function startPeer(consumers: number, named: readonly LoadGateway[], { own, tls }: Line) {
  const { ca, cert: certificate, key } = own.authority.server
  const gateways = tls ? await own.authority.prove(named) : named
  const broker = await startMosquitto({
    config: 'max_queued_messages 100000\nmax_inflight_messages 1000\n',
    ...(tls ? { tls: { ca, certificate, key } } : {}),
  })
  const port = Number(new URL(broker.gatewayUrl).port)
  const influx = await startInflux()
  const running: Awaited<ReturnType<typeof startForked>>[] = []
  // The consumers themselves say when something was committed: asking the store meanwhile would slow it down.
  const written = { lines: 0, at: 0 }
  for (let index = 0; index < consumers; index += 1) {
    const consumer = await startForked('./bare-consumer.ts', [broker.url, influx.url, String(index)])
    consumer.hear((word) => {
      const one = Written.parse(word)
      written.lines += one.written
      written.at = Math.max(written.at, one.at)
    })
    running.push(consumer)
  }
  let used = 0
  return {
    round: async (framesPerS: number | undefined, ms: number): Promise<Round> => {
      const fleet = gateways.slice(used, used + GATEWAYS)
      used += GATEWAYS
      const load = await startLoad({
        ...liveLoadOf(fleet, port),
        protocol: 'bare',
        ...(framesPerS === undefined ? {} : { framesPerS }),
      })
      const before = written.lines
      const began = Date.now()
      await pause(ms)
      const report = await load.stop()
      const stopped = Date.now()
      const isSilent = () => Date.now() - Math.max(stopped, written.at) > SILENT_MS
      const isDone = () => written.lines - before >= report.messages || isSilent()
      await until('the consumers are done', async () => isDone(), { everyMs: 20, withinMs: 120_000 })
      const tally = await tallyInflux(influx.url, report.ledger)
      return { rate: tally.stored / ((written.at - began) / 1000), report, tally }
    },
    stop: async () => {
      for (const consumer of running) await consumer.stop()
      await influx.stop()
      await broker.stop()
    },
  }
}

const [STEP, FINE_STEP] = [8000, 2000]
const HIGHEST = 80_000
/** What a search takes at most, and the steps down from what it found: those double. */
const [SEARCH_ROUNDS, STEPS_DOWN] = [HIGHEST / STEP + 2, 6]

/** The pace at which this many consumers store most and lose nothing, in rounds as long as those that count. */
async function searchPace(peer: Peer, ms: number): Promise<{ readonly pace: number; readonly rate: number }> {
  let best = { pace: 0, rate: 0 }
  const holds = async (pace: number): Promise<boolean> => {
    const { tally, rate } = await peer.round(pace, ms)
    if (tally.lost > 0 || rate < 0.6 * pace) return false
    if (rate > best.rate) best = { pace, rate }
    return true
  }
  let [held, failed] = [0, HIGHEST]
  while (held + STEP < failed && (await holds(held + STEP))) held += STEP
  failed = Math.min(failed, held + STEP)
  while (failed - held > FINE_STEP) {
    const middle = (held + failed) / 2
    if (await holds(middle)) held = middle
    else failed = middle
  }
  return best
}

/** B1: acknowledged and found in InfluxDB, against the usual pipeline at its best pace without loss. */
export const ingest: Bench = {
  name: 'ingest',
  about:
    'B1: JSON frames/s acknowledged and stored, 100 gateways × window 20, 5 % sent again, against Mosquitto + MQTT.js',
  run: async ({ full, tls = false, print }): Promise<BenchResult> => {
    const ms = full ? 8000 : 5000
    const own = await startOwnCloud(GATEWAYS * (PAIRS + 1), {}, tls ? 'tls' : 'plain')
    const line = { own, tls }
    const names = own.fleet
    const found = { consumers: 0, pace: 0, rate: 0 }
    let saturated: Round | undefined
    if (findReal('mosquitto') !== undefined)
      for (const consumers of full ? [1, 2, 4] : [1, 2]) {
        const searching = await startPeer(consumers, namedGateways(GATEWAYS * (SEARCH_ROUNDS + 1)), line)
        const best = await searchPace(searching, ms)
        if (best.rate > found.rate) {
          Object.assign(found, { consumers, ...best })
          saturated = await searching.round(undefined, 2500)
        }
        await searching.stop()
      }
    const peer =
      found.pace === 0
        ? undefined
        : await startPeer(found.consumers, namedGateways(GATEWAYS * (PAIRS + 2 + STEPS_DOWN)), line)
    let used = 0
    const rounds: OwnRound[] = []
    const peers: Round[] = []
    try {
      const one = async () => {
        const round = await ownRound(own, names.slice(used, used + GATEWAYS), used === 0 ? WARM_UP_MS : ms)
        used += GATEWAYS
        rounds.push(round)
        return round.rate
      }
      let down = FINE_STEP
      const other = async () => {
        if (peer === undefined) return Number.NaN
        for (;;) {
          const round = await peer.round(found.pace, ms)
          peers.push(round)
          // A pace that lost something was none without loss, whatever the search saw: the next lower one is.
          if (round.tally.lost === 0 || down > HIGHEST) return round.rate
          found.pace = Math.max(FINE_STEP, found.pace - down)
          down *= 2
        }
      }
      const pairs = await interleaved(PAIRS, one, other)
      const sum = (of: (round: OwnRound) => number) => rounds.reduce((all, round) => all + of(round), 0)
      const perMillion = (part: Part) =>
        spread(rounds.slice(1).map(({ cpu, report }) => (cpu[part] / report.frames) * 1e6))
      const generated = spread(rounds.slice(1).map(({ report }) => (report.cpuSeconds / report.frames) * 1e6))
      const lost = sum(({ tally, journal }) => tally.lost + journal.lost)
      const doubled = sum(({ tally, journal }) => tally.duplicates + journal.duplicates)
      const acked = spread(rounds.slice(1).map(({ report }) => report.frames / report.seconds))
      const busy = Math.max(...rounds.map(({ report }) => report.cpuShare))
      const verdicts = await judged(own, names, rounds)
      const row = (name: string, value: Spread): (string | number)[] => [name, value.median, value.min, value.max]
      print(
        table([
          ['what', 'median', 'min', 'max'],
          row(`own, stored frames/s (goal ${GOAL})`, pairs.own),
          row('own, acknowledged frames/s', acked),
          row(`Mosquitto + ${found.consumers} MQTT.js + InfluxDB, paced at ${found.pace}, stored/s`, pairs.peer),
          row('own ÷ peer, per pair', pairs.ratio),
          ['own, lost and doubled', lost, doubled, ''],
          ['rules at work; with a verdict on each car', verdicts.seen.rulesActing, verdicts.seen.rulesJudged, ''],
          ['cars that left the zone; of them crossings told', verdicts.left, verdicts.seen.crossings, ''],
          ['  decisions of zone_exit; standing zone holds', verdicts.seen.decisions, verdicts.seen.holds, ''],
          ['cars that stayed; of them held for the zone', verdicts.stayed, verdicts.wrongly.holds, ''],
          [
            'peer, acknowledged and not stored in rounds that did not count',
            peers.reduce((all, { tally }) => all + tally.lost, 0),
            '',
            '',
          ],
          [
            'peer saturated: acknowledged/s',
            saturated === undefined ? '' : saturated.report.frames / saturated.report.seconds,
            '',
            '',
          ],
          ['peer saturated: acknowledged and not stored', saturated?.tally.lost ?? '', '', ''],
          row('own, acknowledgement p50 ms', spread(rounds.slice(1).map(({ report }) => report.ackP50Ms))),
          row('own, acknowledgement p99 ms', spread(rounds.slice(1).map(({ report }) => report.ackP99Ms))),
          row('own, CPU s per million frames: cloud and signer', perMillion('cloud')),
          row('  InfluxDB', perMillion('influxdb')),
          row('  PostgreSQL', perMillion('postgresql')),
          row('  generator', generated),
          ['own, RSS MB', own.rssMb(), '', ''],
          ['generator, share of a core', busy, '', ''],
          ['limit: the hand-written front without store, frames/s', 298_000, '', ''],
        ]),
      )
      return {
        unit: 'frames/s stored',
        pairs: PAIRS,
        own: pairs.own,
        peer: peer === undefined ? null : pairs.peer,
        ratio: peer === undefined ? null : pairs.ratio,
        stored: sum(({ tally }) => tally.stored),
        lost,
        duplicates: doubled,
        void:
          lost + doubled > 0
            ? 'lost or doubled'
            : !verdicts.isWhole
              ? 'zones or rules have not judged every car'
              : busy > BUSY
                ? 'the generator was the limit'
                : null,
        more: { tls, acked, verdicts, consumers: found.consumers, pace: found.pace },
      }
    } finally {
      await peer?.stop()
      await own.stop()
    }
  },
}
