import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawnZones, seedZones } from '../support/drawn-zones.ts'
import type { LoadGateway } from '../support/load-plan.ts'
import { startInflux, startPostgres } from '../support/real-servers.ts'
import { startCloud } from '../support/running-cloud.ts'
import { seedFleet } from '../support/seeded-fleet.ts'
import { lagOf } from '../support/stored-frames.ts'
import { until } from '../support/until.ts'

/** Drawn zones; the zone of work and every rule that ships are on besides. */
const ZONES = 1000

export type OwnCloud = Awaited<ReturnType<typeof startOwnCloud>>

/** The whole cloud as it ships, embedded broker, PostgreSQL and InfluxDB 1.x, with zones, rules and a fleet that has claimed its gateways. */
export async function startOwnCloud(gateways: number, env: Readonly<Record<string, string>> = {}) {
  const postgres = await startPostgres()
  const influx = await startInflux()
  const fleet: readonly LoadGateway[] = await seedFleet(postgres.url, gateways)
  await seedZones(postgres.url, drawnZones(ZONES))
  const cloud = await startCloud({
    DATABASE_URL: postgres.url,
    INFLUX_URL: influx.url,
    INFLUX_API: 'v1',
    KORDON_LOG_LEVEL: 'warn',
    ...env,
  })
  const proc = (file: string): string => readFileSync(`/proc/${cloud.pid()}/${file}`, 'utf8')
  const journal = join(cloud.dataDir, 'journal.sqlite')
  return {
    cloud,
    postgres,
    influx,
    fleet,
    journal,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) / 1024,
    /** User and system, of the cloud alone. */
    cpuSeconds: () => {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / 100
    },
    /** Resolves when every entry of the journal is in the history. */
    drained: () =>
      until('the history has caught up', () => lagOf(journal, 'history') === 0, { everyMs: 20, withinMs: 120_000 }),
    stop: async () => {
      await cloud.stop()
      await influx.stop()
      await postgres.stop()
    },
  }
}
