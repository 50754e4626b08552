import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import type { Frame } from '#contract/frame.ts'
import { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import { createFleetRoutes } from '../../cloud/history/fleet-routes.ts'
import { createFleetStore, type FleetStore } from '../../cloud/history/fleet-store.ts'
import { createFrameStore } from '../../cloud/history/frame-store.ts'
import type { History, HistoryFrame } from '../../cloud/history/history.ts'
import { createHistoryService } from '../../cloud/history/history-service.ts'
import { createInfluxClient } from '../../cloud/history/influx-client.ts'
import { newestOf } from '../../cloud/history/last-known.ts'
import { createLastKnownStore, type LastKnownStore } from '../../cloud/history/last-known-store.ts'
import { createTrackRoutes } from '../../cloud/history/track-routes.ts'
import { lockParks } from '../../cloud/http/park-lock.ts'
import { MAIN_PARK } from '../../cloud/parks/park.ts'
import { createStrangerStore } from '../../cloud/parks/stranger-store.ts'
import { createMigrationService } from '../../cloud/postgres/migration-service.ts'
import { createPostgres, type Postgres } from '../../cloud/postgres/postgres-client.ts'
import {
  findReal,
  type RealName,
  type RealServer,
  startInflux,
  startPostgres,
  startVictoriaMetrics,
} from '../support/real-servers.ts'
import { recordedDrives } from '../support/recorded-frames.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { percentile, spread, table } from './table.ts'

const MONTH = epochMs(Date.UTC(2026, 9, 1))
const MONTH_MS = 31 * 24 * 3600 * 1000
const FLEET = 10_000
/** Two hours a day at 10 s and parked for the rest at 10 min; and a car that is on the road day and night. */
const MONTHS = [25_600, 60_000] as const

type Store = {
  readonly name: string
  readonly history: History
  readonly postgres?: Postgres
  /** What is written may be searchable only then. */
  settled?(): Promise<void>
  /** What it takes on disk, indexes included; absent where that is known only hours later, when its logs are packed. */
  bytes?(): Promise<number>
  close(): Promise<void>
}

const idOf = (number: number): VehicleId =>
  VehicleId.parse(`aa112233-4455-4677-8899-${number.toString(16).padStart(12, '0')}`)

const fixes = [...recordedDrives('car-munich'), ...recordedDrives('bus-limerick')].flatMap(({ frames }) => frames)

/** A recorded drive run through again and again until the month has `count` frames: two hours of driving at a time. */
function* monthOf(vehicle: number, count: number): Iterable<HistoryFrame> {
  const gateway = GatewayId.parse(`gw-bench${String(vehicle).padStart(6, '0')}`)
  const stream = StreamId.parse(randomUUID())
  const step = Math.floor(MONTH_MS / count)
  for (let index = 0; index < count; index += 1) {
    const fix = fixes[index % fixes.length]
    if (fix === undefined) return
    const frame: Frame = { ...fix, readAt: later(MONTH, index * step + vehicle), odometerKm: 48_211 + index / 50 }
    yield { gateway, stream, seq: Seq.parse(index + 1), vehicleId: idOf(vehicle), frame }
  }
}

/** One car among others whose frames arrive in between, as in a journal. */
async function load({ history }: Store, cars: number): Promise<{ readonly rate: number; readonly written: number }> {
  const months = Array.from({ length: cars }, (_, vehicle) =>
    monthOf(vehicle, MONTHS[vehicle] ?? MONTHS[0])[Symbol.iterator](),
  )
  const from = performance.now()
  let batch: HistoryFrame[] = []
  let written = 0
  for (let more = true; more; ) {
    const heard = months.flatMap((month) => month.next().value ?? [])
    more = heard.length > 0
    batch.push(...heard)
    if (batch.length < 5000 && more) continue
    await history.write(batch)
    written += batch.length
    batch = []
  }
  return { rate: (written * 1000) / (performance.now() - from), written }
}

async function sqlStore(
  name: string,
  databaseUrl: string | undefined,
  end: () => Promise<void>,
): Promise<Store & { readonly postgres: Postgres }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-bench-'))
  const postgres = createPostgres({ databaseUrl, dataDir, log: silentLog })
  await createMigrationService({ inTransaction: postgres.inTransaction, clock: systemClock, log: silentLog }).migrate()
  return {
    name,
    history: createFrameStore(postgres),
    postgres,
    settled: async () => void (await sql`analyze`.execute(postgres.db)),
    bytes: async () => {
      const { rows } = await sql<{
        bytes: number
      }>`select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint as bytes
        from pg_class where relkind = 'r' and relname like 'frames%'`.execute(postgres.db)
      return rows[0]?.bytes ?? 0
    },
    close: async () => {
      await postgres.close()
      await end()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function influxStore(name: string, { url, stop }: RealServer, own: Pick<Store, 'settled' | 'bytes'>): Store {
  const history = createInfluxClient({ url, api: 'v1', bucket: 'kordon', log: silentLog, count: () => {} })
  return {
    name,
    history,
    ...own,
    close: async () => {
      history.close()
      await stop()
    },
  }
}

const bytesUnder = async (dir: string): Promise<number> =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name: file }) => sum + statSync(join(parentPath, file)).size, 0)

const STORES: readonly { name: string; need?: RealName; open: () => Promise<Store> }[] = [
  { name: 'PGlite', open: () => sqlStore('PGlite', undefined, async () => {}) },
  {
    name: 'PostgreSQL',
    need: 'postgresql',
    open: async () => {
      const server = await startPostgres()
      return sqlStore('PostgreSQL', server.url, server.stop)
    },
  },
  {
    name: 'InfluxDB 1.x',
    need: 'influxdb',
    open: async () => {
      const server = await startInflux()
      return influxStore('InfluxDB 1.x', server, {})
    },
  },
  {
    name: 'VictoriaMetrics',
    need: 'victoria-metrics',
    open: async () => {
      const server = await startVictoriaMetrics()
      const settled = async () => void (await fetch(`${server.url}/internal/force_flush`))
      return influxStore('VictoriaMetrics', server, { settled, bytes: () => bytesUnder(server.dir) })
    },
  },
]
async function repeated(
  times: number,
  work: () => Promise<void>,
  before: () => Promise<void> = async () => {},
): Promise<readonly number[]> {
  await work()
  await work()
  const took: number[] = []
  for (let time = 0; time < times; time += 1) {
    await before()
    const from = performance.now()
    await work()
    took.push(performance.now() - from)
  }
  return took
}

/** REST as a console asks for it, from the request to the last byte of the answer, without the socket. */
async function restOf(store: Store, postgres: Postgres) {
  const lastKnown = createLastKnownStore(postgres.db)
  const service = createHistoryService({
    history: store.history,
    lastKnown,
    witness: { of: async () => ({ events: [], connections: [], fitted: [], outages: [] }) },
    missingOf: async () => [],
    stored: async () => {},
    clock: systemClock,
    vehicleOf: () => undefined,
    vehicleExists: async () => true,
  })
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const { parks } = request.headers
    const seen = typeof parks === 'string' ? [parks] : 'all'
    request.caller = { id: '', login: 'bench', name: '', role: 'owner', by: 'token', parks: seen }
  })
  lockParks(app, createStrangerStore(postgres.db))
  await app.register(createTrackRoutes(service, async () => 'А001АА77'))
  const fleet = createFleetStore(postgres.db, systemClock)
  await app.register(createFleetRoutes(fleet))
  return { app, lastKnown, fleet, service }
}

async function addFleet(postgres: Postgres): Promise<void> {
  const ids = Array.from({ length: FLEET }, (_, vehicle) => idOf(vehicle))
  await sql`insert into vehicles (id, plate, model, created_at)
    select id::uuid, 'А' || row_number() over () || 'АА77', 'Bench', 0 from unnest(${ids}::text[]) as id`.execute(
    postgres.db,
  )
}

/** Every `nth` car has driven on. */
async function drive(lastKnown: LastKnownStore, moment: number, nth: number): Promise<void> {
  const readAt = systemClock.now()
  const frames = Array.from({ length: FLEET }, (_, vehicle) => vehicle).flatMap((vehicle) => {
    const fix = fixes[(moment + 7 * vehicle) % fixes.length]
    const [first] = (vehicle + moment) % nth === 0 ? monthOf(vehicle, 1) : []
    return first === undefined || fix === undefined ? [] : [{ ...first, frame: { ...fix, readAt } }]
  })
  for (let from = 0; from < frames.length; from += 1000)
    await lastKnown.keepNewest(newestOf(frames.slice(from, from + 1000)))
}

type Fleet = { readonly lastKnown: LastKnownStore; readonly fleet: FleetStore }

/** What is asked is measured, what `before` does is not. */
async function measureFleet(app: FastifyInstance, { lastKnown, fleet }: Fleet, times: number) {
  const park = { parks: MAIN_PARK }
  const ask =
    (headers = {}) =>
    async () => {
      const url = '/api/fleet/last-known'
      // As a socket takes it: gathered into a text, the answer of a fleet costs twice what it took to make.
      const answer = await app.inject({ url, headers, payloadAsStream: true })
      let bytes = 0
      for await (const chunk of answer.stream()) bytes += chunk.length
      if (answer.statusCode !== 200 || bytes < FLEET * 100) throw new Error(`${answer.statusCode}, ${bytes} bytes`)
    }
  let moment = 0
  const driven = (nth: number) => async () => {
    moment += 1
    await drive(lastKnown, moment, nth)
  }
  const idle = async () => {}
  const cases = [
    { what: 'query', before: idle, run: () => fleet.page({ parks: 'all', limit: FLEET }) },
    { what: 'query, all moved', before: driven(1), run: () => fleet.page({ parks: 'all', limit: FLEET }) },
    { what: 'REST', before: idle, run: ask() },
    { what: 'REST, a tenth moved', before: driven(10), run: ask() },
    { what: 'REST, all moved', before: driven(1), run: ask() },
    { what: 'REST, of one park', before: idle, run: ask(park) },
    { what: 'REST, of one park, a tenth moved', before: driven(10), run: ask(park) },
    { what: 'REST, of one park, all moved', before: driven(1), run: ask(park) },
  ]
  const rows: { readonly what: string; readonly took: readonly number[] }[] = []
  for (const { what, before, run } of cases)
    rows.push({
      what: `fleet last-known, ${what}`,
      took: await repeated(times, async () => void (await run()), before),
    })
  return rows
}

async function measure(store: Store, postgres: Postgres, { full }: BenchOptions) {
  const rows = []
  const { rate, written } = await load(store, full ? 20 : MONTHS.length)
  await store.settled?.()
  const { app, lastKnown, fleet, service } = await restOf(store, postgres)
  const range = `from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z`
  const times = full ? 60 : 11
  const end = later(MONTH, MONTH_MS)
  for (const vehicle of MONTHS.keys()) {
    const own = idOf(vehicle)
    const { total } = await service.track(own, { from: MONTH, to: end, maxPoints: 5000, simplifyM: 0 })
    const cases: readonly { what: string; run: () => Promise<unknown> }[] = [
      { what: 'read the month, every field', run: () => store.history.track(own, MONTH, end) },
      { what: 'REST, 5,000 points', run: () => app.inject(`/api/vehicles/${own}/track?${range}`) },
      { what: 'REST, simplified to 10 m', run: () => app.inject(`/api/vehicles/${own}/track?${range}&simplifyM=10`) },
    ]
    for (const { what, run } of cases) {
      const took = await repeated(times, async () => void (await run()))
      rows.push({ store: store.name, what, count: total, took, limitMs: 200, rate })
    }
  }
  if (store.postgres !== undefined) {
    await addFleet(postgres)
    await drive(lastKnown, 0, 1)
    await store.settled?.()
    for (const row of await measureFleet(app, { lastKnown, fleet }, full ? 100 : 20))
      rows.push({ store: store.name, count: FLEET, limitMs: 50, rate, ...row })
  }
  await app.close()
  // By now the last of it has been written from memory to disk.
  const bytes = await store.bytes?.()
  const bytesEach = bytes === undefined ? null : Math.round(bytes / written)
  return rows.map((row) => ({ ...row, bytesEach }))
}

/** B13: a vehicle-month of track and the last-known of ten thousand, on every store this machine has. */
export const history: Bench = {
  name: 'history',
  about: 'B13: one vehicle-month of track and last-known of 10,000 on every store, p95 in ms',
  run: async (options): Promise<BenchResult> => {
    const shared = await sqlStore('registry', undefined, async () => {})
    const rows: Awaited<ReturnType<typeof measure>> = []
    for (const { name, need, open } of STORES) {
      if (need !== undefined && findReal(need) === undefined) {
        options.print(`${name} is absent on this machine: not measured`)
        continue
      }
      const store = await open()
      try {
        options.print(`${name} …`)
        rows.push(...(await measure(store, store.postgres ?? shared.postgres, options)))
      } finally {
        await store.close()
      }
    }
    await shared.close()
    options.print(
      table([
        ['store', 'what', 'rows', 'median ms', 'p95 ms', 'limit ms', 'written/s', 'bytes a frame'],
        ...rows.map(({ store, what, count, took, limitMs, rate, bytesEach }) => [
          ...[
            store,
            what,
            count,
            spread(took).median,
            percentile(took, 0.95),
            limitMs,
            Math.round(rate),
            bytesEach ?? '–',
          ],
        ]),
      ]),
    )
    const over = rows.filter(({ took, limitMs }) => percentile(took, 0.95) > limitMs)
    const worst = rows.filter(({ limitMs }) => limitMs === 200).flatMap(({ took }) => took)
    return {
      unit: 'ms (own: every reading of a month on every store)',
      pairs: 0,
      own: spread(worst),
      peer: null,
      ratio: null,
      void: null,
      more: {
        rows: rows.map(({ took, ...row }) => ({ ...row, p95: Math.round(percentile(took, 0.95) * 10) / 10 })),
        over: over.map(({ store, what }) => `${store}: ${what}`),
      },
    }
  },
}
