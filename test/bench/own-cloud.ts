import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createPostgres } from '../../cloud/postgres/postgres-client.ts'
import { borderDrive } from '../support/border-drive.ts'
import { drawnZones, seedZones } from '../support/drawn-zones.ts'
import { openAuthority } from '../support/gateway-proofs.ts'
import { seedPlaces } from '../support/known-places.ts'
import { STREET } from '../support/load-client.ts'
import type { LoadGateway } from '../support/load-plan.ts'
import { startInflux, startPostgres } from '../support/real-servers.ts'
import { startCloud } from '../support/running-cloud.ts'
import { seedFleet } from '../support/seeded-fleet.ts'
import { seedLeases } from '../support/seeded-leases.ts'
import { silentLog } from '../support/silent-log.ts'
import { lagOf } from '../support/stored-frames.ts'
import { systemClock } from '../support/system-clock.ts'
import { until } from '../support/until.ts'
import { cpuSecondsOf } from './cpu-seconds.ts'

/** Drawn zones; the zone of work and every rule that ships are on besides. */
const ZONES = 1000
/** Each of so many cars leaves the zone of work while it is driven. */
const LEAVES_EVERY = 20

/** What zones and rules have said, read from the database. */
export type Verdicts = {
  readonly rulesActing: number
  /** Rules with a verdict about a vehicle, its lease or its driver: on average of these. */
  readonly rulesJudged: number
  /** Trusted crossings to the outside, decisions that fired on them, and standing holds for the zone. */
  readonly crossings: number
  readonly decisions: number
  readonly holds: number
}

export type OwnCloud = Awaited<ReturnType<typeof startOwnCloud>>

/**
 * The whole cloud as it ships, embedded broker, PostgreSQL and InfluxDB 1.x, with zones, every rule acting, zone holds on, and a
 * fleet that has claimed its gateways and is leased. Every twentieth car drives out of the zone of work.
 */
export async function startOwnCloud(
  gateways: number,
  env: Readonly<Record<string, string>> = {},
  line: 'plain' | 'tls' = 'plain',
) {
  const postgres = await startPostgres()
  const influx = await startInflux()
  const drive = borderDrive()
  const seeded: readonly LoadGateway[] = (await seedFleet(postgres.url, gateways)).map((gateway, index) =>
    index % LEAVES_EVERY === 0 ? { ...gateway, drive } : gateway,
  )
  await seedZones(postgres.url, drawnZones(ZONES))
  await lease(postgres.url)
  const places = seeded.map(({ id, drive = STREET }) => ({ gateway: id, lat: drive.lat, lon: drive.lon }))
  await seedPlaces(postgres.url, places, systemClock.now())
  const cloud = await startCloud({
    DATABASE_URL: postgres.url,
    INFLUX_URL: influx.url,
    INFLUX_API: 'v1',
    KORDON_ZONE_HOLDS: 'on',
    KORDON_LOG_LEVEL: 'warn',
    ...env,
  })
  const authority = await openAuthority(cloud.dataDir)
  const fleet = line === 'tls' ? await authority.claim(postgres.url, seeded) : seeded
  await settled(postgres.url, fleet.length)
  const proc = (file: string): string => readFileSync(`/proc/${cloud.pid()}/${file}`, 'utf8')
  const journal = join(cloud.dataDir, 'journal.sqlite')
  return {
    cloud,
    postgres,
    influx,
    fleet,
    authority,
    /** Where the fleet sends. */
    port: line === 'tls' ? cloud.mqttsPort : cloud.mqttPort,
    journal,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) / 1024,
    /** Since their start. The signer is the cloud's. */
    cpuSeconds: () => ({
      cloud: cpuSecondsOf(cloud.pid()),
      influxdb: cpuSecondsOf(influx.pid()),
      postgresql: cpuSecondsOf(postgres.pid()),
    }),
    /** Resolves when every entry of the journal is in the history. */
    drained: () =>
      until('the history has caught up', () => lagOf(journal, 'history') === 0, { everyMs: 20, withinMs: 120_000 }),
    verdicts: (of: readonly LoadGateway[]) => verdictsOf(postgres.url, of),
    stop: async () => {
      await cloud.stop()
      await influx.stop()
      await postgres.stop()
    },
  }
}

/** Every car has a driver who can pay: rules of leases have somebody to judge, and hold nobody for a debt. */
async function lease(databaseUrl: string): Promise<void> {
  const postgres = createPostgres({ databaseUrl, dataDir: tmpdir(), log: silentLog })
  await seedLeases(postgres.db, systemClock.now())
  await postgres.close()
}

const SETTLED_WITHIN_MS = 240_000
const SETTLED_MS = 4000

/** Until each lease has its card and rules have judged everybody once: what a fleet does on its first day is not measured. */
async function settled(databaseUrl: string, cars: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  let seen = ''
  let since = performance.now()
  const look = async (): Promise<boolean> => {
    const { rows } = await client.query(
      `select (select count(*) from cards where pipeline = 'lease') as leases, (select count(*) from cards) as cards,
         (select count(*) from rule_outcomes) as outcomes`,
    )
    const now = JSON.stringify(rows)
    if (now !== seen) since = performance.now()
    seen = now
    return Number(rows[0]?.leases) >= cars && performance.now() - since >= SETTLED_MS
  }
  await until('rules have judged the fleet', look, { everyMs: 500, withinMs: SETTLED_WITHIN_MS })
  await client.end()
}

async function verdictsOf(databaseUrl: string, gateways: readonly LoadGateway[]): Promise<Verdicts> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      `with cars as (select vehicle_id as id from gateways where id = any($1))
       select (select count(*) from rules where acting_version is not null and not paused) as "rulesActing",
         (select avg(rules) from (select count(distinct o.rule_id) as rules from cars
           left join leases on leases.vehicle_id = cars.id left join lease_parties p on p.lease_id = leases.id
           left join rule_outcomes o on o.mode = 'acting'
             and split_part(o.subject, ':', 2) in (cars.id::text, leases.id::text, p.driver_id::text) group by cars.id) as judged)
           as "rulesJudged",
         (select count(*) from crossings join cars on cars.id = vehicle_id where zone = 'moscow-region' and side = 'outside') as crossings,
         (select count(*) from rule_decisions join cars on cars.id = vehicle_id
           where rule_id = 'zone_exit' and mode = 'acting' and fired) as decisions,
         (select count(*) from holds join cars on cars.id = vehicle_id where reason = 'zone' and lifted_at is null) as holds`,
      [gateways.map(({ id }) => id)],
    )
    const of = (name: keyof Verdicts): number => Number(rows[0]?.[name] ?? 0)
    return {
      rulesActing: of('rulesActing'),
      rulesJudged: of('rulesJudged'),
      crossings: of('crossings'),
      decisions: of('decisions'),
      holds: of('holds'),
    }
  } finally {
    await client.end()
  }
}
