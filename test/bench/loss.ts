import { setTimeout as pause } from 'node:timers/promises'
import { type KillReport, runKillMatrix, VICTIMS } from '../support/kill-matrix.ts'
import { startLoad } from '../support/load.ts'
import { type Tally, tallyInflux, tallyJournals } from '../support/stored-frames.ts'
import type { Bench, BenchResult } from './bench.ts'
import { liveLoadOf } from './load-of.ts'
import { startOwnCloud } from './own-cloud.ts'
import { spread, table } from './table.ts'

const GATEWAYS = 300
/** Three times the goal of B1: more than any of it can take here. */
const OVERLOAD = 90_000

/** B4: what is lost and doubled, under three times the load it can take, and while everything is killed. */
export const loss: Bench = {
  name: 'loss',
  about:
    'B4: three times the load for a minute; then gateway, cloud, broker, PostgreSQL and InfluxDB killed at random, with either broker',
  run: async ({ full, print }): Promise<BenchResult> => {
    const own = await startOwnCloud(GATEWAYS)
    let over: Awaited<ReturnType<Awaited<ReturnType<typeof startLoad>>['stop']>>
    let history = { stored: 0, lost: 0, duplicates: 0 }
    let journal = history
    try {
      const load = await startLoad({ ...liveLoadOf(own.fleet, own.cloud.mqttPort), framesPerS: OVERLOAD })
      await pause(full ? 60_000 : 20_000)
      over = await load.stop(60_000)
      await own.drained()
      history = await tallyInflux(own.influx.url, over.ledger)
      journal = tallyJournals([own.journal], over.ledger)
    } finally {
      await own.stop()
    }
    const matrix = { kills: full ? 100 : 5, gateways: 40, framesPerS: 1500, backlog: full ? 70_000 : 4000, print }
    const reports: (readonly [string, KillReport])[] = []
    for (const broker of ['outside', 'embedded'] as const)
      reports.push([broker, await runKillMatrix({ ...matrix, broker, seed: broker === 'outside' ? 2026 : 2027 })])
    const found = [
      history,
      journal,
      ...reports.flatMap(([, report]) => [report.history, report.journal, report.gateway]),
    ]
    const row = (what: string, { stored, lost, duplicates }: Tally) => [what, stored, lost, duplicates]
    const wordsOf = ({ kills }: KillReport) => VICTIMS.map((victim) => `${victim} ${kills[victim]}`).join(', ')
    print(
      table([
        ['what', 'stored', 'lost', 'doubled'],
        row(`overload, ${OVERLOAD} offered/s, in InfluxDB`, history),
        row('overload, in the journal', journal),
        ...reports.flatMap(([broker, report]) => [
          row(`${broker} broker, killed: ${wordsOf(report)}; in InfluxDB`, report.history),
          row(`${broker} broker, in the journal`, report.journal),
          row(`${broker} broker, of the real gateway`, report.gateway),
        ]),
        ['overload: acknowledged frames/s', over.frames / over.seconds, '', ''],
        ['overload: acknowledgement p50, p99 ms', over.ackP50Ms, over.ackP99Ms, ''],
        ['overload: connections given up', over.reconnects, '', ''],
      ]),
    )
    const lost = found.reduce((sum, tally) => sum + tally.lost, 0)
    const duplicates = found.reduce((sum, tally) => sum + tally.duplicates, 0)
    return {
      unit: 'records lost',
      pairs: 1,
      own: spread([lost]),
      peer: null,
      ratio: null,
      stored: found.reduce((sum, tally) => sum + tally.stored, 0),
      lost,
      duplicates,
      void: lost + duplicates > 0 ? 'lost or doubled' : null,
      more: {
        ackP99Ms: over.ackP99Ms,
        matrices: reports.map(([broker, { kills, receipted, seconds }]) => ({ broker, kills, receipted, seconds })),
      },
    }
  },
}
