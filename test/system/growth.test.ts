import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { startLoad } from '../support/load.ts'
import { requireReal, startMosquitto, startPostgres, startVictoriaMetrics } from '../support/real-servers.ts'
import { startCloud } from '../support/running-cloud.ts'
import { seedFleet } from '../support/seeded-fleet.ts'
import { lagOf, tallyJournals, tallyVictoria } from '../support/stored-frames.ts'
import { until } from '../support/until.ts'

const present = (['postgresql', 'victoria-metrics', 'mosquitto'] as const)
  .map((name) => requireReal(name))
  .every(Boolean)
const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, 60_000)

test.skipIf(!present)(
  'two clouds share Mosquitto, PostgreSQL and VictoriaMetrics; one killed under load loses and doubles nothing',
  async () => {
    const [broker, postgres, history] = [await startMosquitto(), await startPostgres(), await startVictoriaMetrics()]
    closing.push(
      () => broker.stop(),
      () => postgres.stop(),
      () => history.stop(),
    )
    const fleet = await seedFleet(postgres.url, 30)
    const instance = async (name: string) => {
      const cloud = await startCloud({
        KORDON_INSTANCE: name,
        DATABASE_URL: postgres.url,
        BROKER_URL: broker.url,
        INFLUX_URL: history.url,
        INFLUX_API: 'v2',
        KORDON_LOG_LEVEL: 'error',
      })
      closing.push(() => cloud.stop())
      return { cloud, journal: join(cloud.dataDir, 'journal.sqlite') }
    }
    const [one, two] = [await instance('one'), await instance('two')]
    const load = await startLoad({
      host: '127.0.0.1',
      ports: [broker.port],
      gateways: fleet,
      window: 20,
      framesPerMessage: 1,
      resent: 0.05,
      framesPerS: 600,
      stepMs: 20,
      from: Date.now(),
      forgets: 'on-receipt',
      protocol: 'own',
    })
    closing.push(() => load.kill())
    const receipted = (count: number) =>
      until(`${count} frames are receipted`, async () => (await load.frames()) >= count, { withinMs: 60_000 })
    await receipted(1000)
    await one.cloud.kill()
    // The other goes on; what only the dead one has is not receipted beyond, and comes again.
    await receipted((await load.frames()) + 1000)
    await one.cloud.restart()
    await receipted((await load.frames()) + 1000)
    await two.cloud.killAndRestart()
    await pause(500)
    const { ledger, frames } = await load.stop(60_000)

    const journals = [one.journal, two.journal]
    await until('both have passed on what they hold', () => journals.every((path) => lagOf(path, 'history') === 0), {
      withinMs: 60_000,
      everyMs: 200,
    })
    const parts = journals.map((path) => tallyJournals([path], ledger).stored)
    expect(Math.min(...parts)).toBeGreaterThan(frames / 10)
    expect(tallyJournals(journals, ledger).lost).toBe(0)
    await until('everything is found', async () => (await tallyVictoria(history.url, ledger)).lost === 0)
    expect(await tallyVictoria(history.url, ledger)).toMatchObject({ lost: 0, duplicates: 0 })
  },
  240_000,
)
