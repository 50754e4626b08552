import { expect, test } from 'vitest'
import { runKillMatrix, VICTIMS } from '../support/kill-matrix.ts'
import { requireReal } from '../support/real-servers.ts'

const KILLS = 2
const present = (['postgresql', 'influxdb', 'mosquitto'] as const).map((name) => requireReal(name)).every(Boolean)

// The full form, a hundred kills of each: npm run bench -- loss --full
test.skipIf(!present)(
  `gateway, cloud, broker, PostgreSQL and InfluxDB killed ${KILLS} times each under load: nothing receipted is lost or doubled`,
  async () => {
    const plan = { kills: KILLS, gateways: 20, framesPerS: 600, backlog: 600, seed: 7, print: () => {} }
    const report = await runKillMatrix(plan)
    for (const victim of VICTIMS) expect(report.kills[victim]).toBeGreaterThanOrEqual(KILLS)
    for (const found of [report.history, report.journal, report.gateway])
      expect(found).toMatchObject({ lost: 0, duplicates: 0 })
    expect(report.receipted).toBeGreaterThan(1000)
    expect(report.gateway.stored).toBe(plan.backlog + 200)
  },
  200_000,
)
